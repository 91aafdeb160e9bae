import { BackendError } from '@tesserae/tensor';

/**
 * Loads a data package, whose default export is a function that gives the data.
 * @throws BackendError telling what to install when the package is absent
 */
export async function loadDataset<T>(
  name: string,
  load: () => Promise<{ readonly default: unknown }>,
): Promise<T> {
  try {
    const { default: read } = await load();
    return (read as () => T)();
  } catch (cause) {
    throw new BackendError({
      op: 'quickstart',
      problem: `the data package ${name} cannot be loaded`,
      likely: `Install it: npm install ${name}`,
      page: 'quickstart-data',
      cause,
    });
  }
}

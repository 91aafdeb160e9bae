import { BackendError } from '@tesserae/tensor';

/**
 * Loads a data package of stdlib, which exports a function that gives the data.
 * @throws BackendError telling what to install when the package is absent
 */
export function loadDataset<T>(name: string, require: NodeJS.Require): T {
  try {
    const load = require(name) as () => T;
    return load();
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

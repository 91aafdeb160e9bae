import { FormatError } from '@tesserae/tensor';

/** The error for a checkpoint of TensorFlow that is damaged or contradicts itself. */
export function bundleError(
  problem: string,
  file: string,
  facts: {
    readonly page?: string;
    readonly likely?: string;
    readonly got?: unknown;
    readonly needed?: unknown;
  } = {},
): FormatError {
  return new FormatError({
    op: 'tensorflow',
    problem,
    likely:
      'The checkpoint is truncated or damaged, or its files are of different saves. Fetch all of them again.',
    page: 'tensorflow-bundle',
    file,
    ...facts,
  });
}

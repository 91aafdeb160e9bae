import { FormatError } from '@tesserae/tensor';
import { quoted } from '../errors.js';
import type { StoredTensor } from '../stored/gather.js';
import type { Arrangement } from '../stored/layout.js';
import { arrange, rowMajor } from '../stored/layout.js';
import type { StoredFile } from '../stored/stored-file.js';
import { storedFile } from '../stored/stored-file.js';

/** A tensor under the name that Hugging Face gives it. */
export interface Renamed {
  readonly name: string;
  /** How its axes are moved; default: not at all. */
  readonly arrangement?: Arrangement;
}

/**
 * What becomes of a tensor: one or more (the layers of a stack) under other names, nothing (an optimiser's
 * state), or, undefined, the same under its own name.
 */
type TranslateName = (name: string, shape: readonly number[]) => readonly Renamed[] | 'ignored' | undefined;

/** A file under Hugging Face's names. */
export interface Translation {
  readonly file: StoredFile;
  /** Tensors that are left out on purpose. */
  readonly ignored: readonly string[];
}

/** Kernels are stored [inputs, outputs]; Hugging Face's weights are [outputs, inputs]. */
export const TRANSPOSED: Arrangement = { axes: [[1], [0]] };

/**
 * A view of a file under other names; nothing is read.
 * @throws FormatError when two tensors would get one name, or a tensor has other axes than its name says
 */
export function translateFile(file: StoredFile, translate: TranslateName): Translation {
  const tensors = new Map<string, StoredTensor>();
  const ignored: string[] = [];
  for (const [name, tensor] of file.tensors) {
    const renamed = translate(name, tensor.shape) ?? [{ name }];
    if (renamed === 'ignored') {
      ignored.push(name);
      continue;
    }
    for (const target of renamed) {
      if (tensors.has(target.name)) throw repeatedName(name, target.name, file.name);
      tensors.set(target.name, arranged(tensor, target.arrangement, { name, file: file.name }));
    }
  }
  const { name, metadata } = file;
  return { file: storedFile({ name, op: 'weights', tensors, metadata }), ignored };
}

function arranged(
  tensor: StoredTensor,
  arrangement: Arrangement | undefined,
  at: { readonly name: string; readonly file: string },
): StoredTensor {
  if (arrangement === undefined) return tensor;
  return { ...tensor, ...arrange(tensor.layout ?? rowMajor(tensor.shape), arrangement, at) };
}

function repeatedName(name: string, target: string, file: string): FormatError {
  return new FormatError({
    op: 'nameMap',
    problem: `${quoted(name)} and another tensor both become ${quoted(target)}`,
    likely: 'The file holds several models, or was put together by hand.',
    page: 'checkpoint-layout',
    file,
    got: name,
  });
}

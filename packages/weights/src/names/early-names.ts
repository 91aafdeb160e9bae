import type { StoredFile } from '../stored/stored-file.js';
import type { Translation } from './translate.js';
import { translateFile } from './translate.js';

/** Layer norms as PyTorch checkpoints of 2018 and 2019 call their parameters. */
const EARLY = /(^|\.)LayerNorm\.(gamma|beta)$/;

/** A file whose layer norms have `gamma` and `beta` under the names they have had since. */
export function translateEarlyNames(file: StoredFile): Translation {
  if (!file.names.some((name) => EARLY.test(name))) return { file, ignored: [] };
  return translateFile(file, (name) =>
    EARLY.test(name) ? [{ name: name.replace(/gamma$/, 'weight').replace(/beta$/, 'bias') }] : undefined,
  );
}

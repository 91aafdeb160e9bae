import type { StoredFile } from '../stored/stored-file.js';
import type { Renamed, Translation } from './translate.js';
import { TRANSPOSED, translateFile } from './translate.js';

/** Adafactor's and Adam's slots, and the number of steps. */
const STATE = /(_slot_(vr|vc|v|m|c)|(^|\/)global_step)$/;

interface Rule {
  readonly pattern: RegExp;
  readonly name: (...groups: string[]) => string;
  readonly isMatrix?: boolean;
}

const number = (digits: string): string => String(Number(digits));

/** @see t5/models/test_data/model-info.txt in google-research/text-to-text-transfer-transformer */
const RULES: readonly Rule[] = [
  { pattern: /^shared\/embedding$/, name: () => 'shared.weight' },
  {
    pattern:
      /^(encoder|decoder)\/block_(\d+)\/layer_(\d+)\/(SelfAttention|EncDecAttention)\/(q|k|v|o|relative_attention_bias)$/,
    name: (stack, block, layer, attention, part) =>
      `${stack}.block.${number(block!)}.layer.${number(layer!)}.${attention}.${part}.weight`,
    isMatrix: true,
  },
  {
    pattern: /^(encoder|decoder)\/block_(\d+)\/layer_(\d+)\/DenseReluDense\/(wi|wi_0|wi_1|wo)\/kernel$/,
    name: (stack, block, layer, part) =>
      `${stack}.block.${number(block!)}.layer.${number(layer!)}.DenseReluDense.${part}.weight`,
    isMatrix: true,
  },
  {
    pattern: /^(encoder|decoder)\/block_(\d+)\/layer_(\d+)\/(?:rms_norm|layer_norm)\/scale$/, // 1.1, 1.0
    name: (stack, block, layer) =>
      `${stack}.block.${number(block!)}.layer.${number(layer!)}.layer_norm.weight`,
  },
  {
    pattern: /^(encoder|decoder)\/(?:rms_norm|layer_norm|final_layer_norm)\/scale$/,
    name: (stack) => `${stack}.final_layer_norm.weight`,
  },
  { pattern: /^decoder\/logits\/kernel$/, name: () => 'lm_head.weight', isMatrix: true },
];

/** True for the names of the T5 that was trained with Mesh TensorFlow. */
export function isMeshT5(names: readonly string[]): boolean {
  return names.some((name) => name === 'shared/embedding' || /^(encoder|decoder)\/block_\d+\//.test(name));
}

/** A checkpoint of T5's first code under Hugging Face's names; the optimiser's slots are left out. */
export function translateMeshT5(file: StoredFile): Translation {
  return translateFile(file, (name): readonly Renamed[] | 'ignored' | undefined => {
    if (STATE.test(name)) return 'ignored';
    for (const { pattern, name: rename, isMatrix = false } of RULES) {
      const groups = pattern.exec(name);
      if (groups === null) continue;
      return [{ name: rename(...groups.slice(1)), ...(isMatrix ? { arrangement: TRANSPOSED } : {}) }];
    }
    return undefined;
  });
}

import type { T5Config } from './config.js';
import { T5_DEFAULTS } from './config.js';

/** The released shapes, as data. @see Raffel et al. 2020, table of §3.7; T5 1.1 release notes */
const v10 = {
  activationName: 'relu',
  isGated: false,
  tiesEmbeddings: true,
  scalesDecoderOutputs: true,
} as const;
const v11 = {
  activationName: 'gelu_new',
  isGated: true,
  tiesEmbeddings: false,
  scalesDecoderOutputs: false,
} as const;

type Shape = readonly [dModel: number, dFf: number, numLayers: number, numHeads: number, headDim: number];

const SHAPES_V10: Readonly<Record<string, Shape>> = {
  't5-small': [512, 2048, 6, 8, 64],
  't5-base': [768, 3072, 12, 12, 64],
  't5-large': [1024, 4096, 24, 16, 64],
  't5-3b': [1024, 16384, 24, 32, 128],
  't5-11b': [1024, 65536, 24, 128, 128],
};

const SHAPES_V11: Readonly<Record<string, Shape>> = {
  't5-v1_1-small': [512, 1024, 8, 6, 64],
  't5-v1_1-base': [768, 2048, 12, 12, 64],
  't5-v1_1-large': [1024, 2816, 24, 16, 64],
  't5-v1_1-xl': [2048, 5120, 24, 32, 64],
  't5-v1_1-xxl': [4096, 10240, 24, 64, 64],
};

function sized(shapes: Readonly<Record<string, Shape>>, kind: Partial<T5Config>): Record<string, T5Config> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, [dModel, dFf, numLayers, numHeads, headDim]]) => [
      name,
      { ...T5_DEFAULTS, ...kind, dModel, dFf, numLayers, numDecoderLayers: numLayers, numHeads, headDim },
    ]),
  );
}

/** Configs of the released sizes by name: `T5_SIZES['t5-small']`. */
export const T5_SIZES: Readonly<Record<string, T5Config>> = {
  ...sized(SHAPES_V10, v10),
  ...sized(SHAPES_V11, v11),
};

import type { T5Config } from './config.js';
import { T5_DEFAULTS, t5ConfigFromHuggingFace } from './config.js';

// The released shapes, as data. @see Raffel et al. 2020, table of §3.7; the configs of the checkpoints

interface Shape {
  readonly dModel: number;
  readonly dFf: number;
  /** Blocks of the encoder, and of the decoder unless said. */
  readonly numLayers: number;
  readonly numDecoderLayers?: number;
  readonly numHeads: number;
  /** Default 64. */
  readonly headDim?: number;
}

type Shapes = Readonly<Record<string, Shape>>;

const V10: Shapes = {
  small: { dModel: 512, dFf: 2048, numLayers: 6, numHeads: 8 },
  base: { dModel: 768, dFf: 3072, numLayers: 12, numHeads: 12 },
  large: { dModel: 1024, dFf: 4096, numLayers: 24, numHeads: 16 },
  '3b': { dModel: 1024, dFf: 16384, numLayers: 24, numHeads: 32, headDim: 128 },
  '11b': { dModel: 1024, dFf: 65536, numLayers: 24, numHeads: 128, headDim: 128 },
};

/** T5 1.1, and what was trained from it or in its shapes: LM-adapted, FLAN, mT5, UMT5. */
const V11: Shapes = {
  small: { dModel: 512, dFf: 1024, numLayers: 8, numHeads: 6 },
  base: { dModel: 768, dFf: 2048, numLayers: 12, numHeads: 12 },
  large: { dModel: 1024, dFf: 2816, numLayers: 24, numHeads: 16 },
  xl: { dModel: 2048, dFf: 5120, numLayers: 24, numHeads: 32 },
  xxl: { dModel: 4096, dFf: 10240, numLayers: 24, numHeads: 64 },
};

/** No UMT5 of this size was released. */
const { large: _, ...UMT5 } = V11;

/** Three times as deep an encoder as decoder. @see Xue et al. 2022, table 1 */
const BYT5: Shapes = {
  small: { dModel: 1472, dFf: 3584, numLayers: 12, numDecoderLayers: 4, numHeads: 6 },
  base: { dModel: 1536, dFf: 3968, numLayers: 18, numDecoderLayers: 6, numHeads: 12 },
  large: { dModel: 1536, dFf: 3840, numLayers: 36, numDecoderLayers: 12, numHeads: 16 },
  xl: { dModel: 2560, dFf: 6720, numLayers: 36, numDecoderLayers: 12, numHeads: 32 },
  xxl: { dModel: 4672, dFf: 12352, numLayers: 36, numDecoderLayers: 12, numHeads: 64 },
};

/** The shape that T5's own tests use. */
const TINY: Shapes = { tiny: { dModel: 32, dFf: 64, numLayers: 2, numHeads: 2 } };

const untied = { tiesEmbeddings: false, scalesDecoderOutputs: false } as const;
const v11 = { ...T5_DEFAULTS, activationName: 'gelu_new', isGated: true, ...untied } as const;
const mt5 = { ...t5ConfigFromHuggingFace({ model_type: 'mt5' }), ...untied } as const;
const umt5 = { ...t5ConfigFromHuggingFace({ model_type: 'umt5' }), ...untied, vocabSize: 256384 } as const;

function sized(shapes: Shapes, family: T5Config, nameOf: (size: string) => string): Record<string, T5Config> {
  return Object.fromEntries(
    Object.entries(shapes).map(([size, shape]) => [
      nameOf(size),
      { ...family, headDim: 64, numDecoderLayers: shape.numLayers, ...shape },
    ]),
  );
}

/**
 * Configs of the released sizes by the names of their checkpoints: `T5_SIZES['t5-small']`, `['t5-v1_1-base']`,
 * `['t5-base-lm-adapt']`, `['flan-t5-xl']`, `['mt5-small']`, `['umt5-base']`, `['byt5-large']`; and T5's test size
 * `t5-v1_1-tiny`.
 */
export const T5_SIZES: Readonly<Record<string, T5Config>> = {
  ...sized(V10, T5_DEFAULTS, (size) => `t5-${size}`),
  ...sized({ ...V11, ...TINY }, v11, (size) => `t5-v1_1-${size}`),
  ...sized(V11, v11, (size) => `t5-${size}-lm-adapt`),
  ...sized(V11, v11, (size) => `flan-t5-${size}`),
  ...sized(V11, mt5, (size) => `mt5-${size}`),
  ...sized(UMT5, umt5, (size) => `umt5-${size}`),
  ...sized(BYT5, { ...v11, vocabSize: 384 }, (size) => `byt5-${size}`),
};

import { z } from 'zod';

// Parts of training configs; descriptions end up in the published JSON schema.

/** A whole number from 1. */
export const count = z.int().min(1);
/** A number from 0 to below 1. */
export const share = z.number().min(0).lt(1);
/** A number above 0. */
export const positive = z.number().positive();

/** One path or pattern, or several. */
export const pathsSchema = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .describe('file, folder, pattern or address, or a list of them; relative to the data folder');

/** A model to start from. */
const startedModel = z.strictObject({
  from: z.string().min(1).describe('folder or hub id to start from'),
  revision: z.string().optional().describe('branch, tag or commit on the hub'),
});

const electraSizes = {
  hiddenSize: count.optional(),
  embeddingSize: count.optional(),
  numLayers: count.optional(),
  numHeads: count.optional(),
  intermediateSize: count.optional(),
  maxPositions: count.optional(),
  hiddenDropout: share.optional(),
  attentionDropout: share.optional(),
  classifierDropout: share.optional(),
  activationName: z.string().optional(),
  initializerRange: positive.optional(),
};

const t5Sizes = {
  dModel: count.optional(),
  headDim: count.optional(),
  dFf: count.optional(),
  numLayers: count.optional(),
  numDecoderLayers: count.optional(),
  numHeads: count.optional(),
  numBuckets: count.optional(),
  maxDistance: count.optional(),
  dropoutRate: share.optional(),
  classifierDropout: share.optional(),
  activationName: z.string().optional(),
  isGated: z.boolean().optional(),
  tiesEmbeddings: z.boolean().optional(),
  scalesDecoderOutputs: z.boolean().optional(),
  initializerFactor: positive.optional(),
};

const size = z
  .string()
  .optional()
  .describe('a released size whose numbers are the defaults, such as electra-small or t5-v1_1-small');

/** A model with random weights. */
const newElectra = z.strictObject({ architecture: z.literal('electra'), size, ...electraSizes });
const newT5 = z.strictObject({ architecture: z.literal('t5'), size, ...t5Sizes });

/** Which model learns. */
export const modelSchema = z
  .union([z.string().min(1), startedModel, newElectra, newT5])
  .describe('folder or hub id to start from; or an architecture and sizes, to begin with random weights');

/** A tokenizer that is learned from the training texts. */
const learnedTokenizer = z.strictObject({
  type: z.enum(['wordpiece', 'unigram', 'byte']),
  vocabSize: count.optional().describe('tokens in all; not for byte'),
  cased: z.boolean().optional().describe('wordpiece: keep upper case and accents; default false'),
  minFrequency: count.optional().describe('wordpiece: least count of a merged pair'),
  limitAlphabet: count.optional(),
  characterCoverage: positive.max(1).optional().describe('unigram: share of the characters kept'),
  byteFallback: z.boolean().optional().describe('unigram: unknown characters become bytes'),
  extraIds: z.int().min(0).optional().describe('unigram and byte: number of sentinels'),
});

/** Which tokenizer a new model reads with. */
export const tokenizerSchema = z
  .union([z.string().min(1), learnedTokenizer])
  .describe('folder or hub id of a tokenizer, or how one is learned from the training texts');

/** How data files are read. */
const DATA_FORMATS = ['auto', 'jsonl', 'csv', 'tsv', 'parquet', 'conll', 'conllu', 'squad'] as const;

const dirSchema = z
  .string()
  .optional()
  .describe('folder that paths of data are relative to; --data-dir overrides it');

/** One data set: training and held-out rows. */
export const dataSetSchema = z.strictObject({
  dir: dirSchema,
  train: pathsSchema,
  dev: pathsSchema.optional(),
  devShare: share
    .optional()
    .describe('share of the training rows, the last ones, that is held out instead of dev'),
  format: z.enum(DATA_FORMATS).optional(),
  columns: z
    .record(z.string(), z.string())
    .optional()
    .describe('column of the file for each field of the task: { text: question, label: coarse }'),
  prefix: z.string().optional().describe('text-to-text: put before every input'),
  limit: count.optional().describe('the most training rows that are read'),
  devLimit: count.optional().describe('the most held-out rows that are read'),
});

/** Several data sets that are learned together. */
const mixtureSchema = z.strictObject({
  dir: dirSchema,
  mixture: z
    .array(
      dataSetSchema.extend({
        weight: positive.optional().describe('how often each training row comes in an epoch; default 1'),
      }),
    )
    .min(1)
    .describe('data sets whose rows are mixed; held-out rows of all are scored together'),
});

/** Training and held-out data: one set, or several. */
export const dataSchema = z.union([dataSetSchema, mixtureSchema]);

const adamW = z.strictObject({
  name: z.literal('adamw'),
  beta1: share.optional(),
  beta2: share.optional(),
  epsilon: z.number().min(0).optional(),
  weightDecay: z.number().min(0).optional(),
  correctsBias: z.boolean().optional(),
  scalesByRms: z.boolean().optional(),
});
const adafactor = z.strictObject({
  name: z.literal('adafactor'),
  scalesByParameter: z.boolean().optional(),
  epsilon1: z.number().min(0).optional(),
  epsilon2: z.number().min(0).optional(),
  beta1: share.optional(),
  decayExponent: positive.optional(),
  clippingThreshold: positive.nullable().optional(),
  isFactored: z.boolean().optional(),
  minSizeToFactor: count.optional(),
  weightDecay: z.number().min(0).optional(),
});
const lion = z.strictObject({
  name: z.literal('lion'),
  beta1: share.optional(),
  beta2: share.optional(),
  weightDecay: z.number().min(0).optional(),
});
const sgd = z.strictObject({
  name: z.literal('sgd'),
  momentum: share.optional(),
  isNesterov: z.boolean().optional(),
  weightDecay: z.number().min(0).optional(),
});

const optimizerSchema = z.union([adamW, adafactor, lion, sgd]);

const scheduleSchema = z.enum([
  'constant',
  'linear',
  'cosine',
  'electra',
  'inverse-square-root',
  'relative-step',
  'slanted-triangular',
]);

/** What all trainings are told of optimisation. */
export const optimization = {
  batchSize: count.optional(),
  learningRate: z.number().min(0).optional(),
  optimizer: optimizerSchema.optional(),
  schedule: scheduleSchema.optional(),
  warmup: z.number().min(0).optional().describe('steps of linear rise; below 1: a share of all steps'),
  maxGradNorm: positive.nullable().optional().describe('null: gradients are not scaled down'),
  dropout: share.optional().describe('of all layers while training, instead of what the model says'),
  microBatches: count.optional().describe('equal parts that a batch is taken in, to save memory'),
};

const bucket = z.union([count, z.array(count).length(2)]);

const names = z.union([z.string(), z.array(z.string()).min(1)]);

const loraSchema = z.strictObject({
  r: count.optional().describe('rank; default 8'),
  loraAlpha: positive.optional().describe('adapters are scaled by alpha / r; default 8'),
  loraDropout: share.optional(),
  targetModules: names.describe("last parts of names, such as [query, value] or [q, v]; or 'all-linear'"),
  excludeModules: names.optional(),
  layersToTransform: z.array(z.int().min(0)).optional(),
  useRslora: z.boolean().optional(),
  rankPattern: z.record(z.string(), count).optional(),
  alphaPattern: z.record(z.string(), positive).optional(),
  bias: z.enum(['none', 'lora_only', 'all']).optional(),
  modulesToSave: z.array(z.string()).optional().describe('trained whole; default: a new head'),
  initLoraWeights: z.union([z.boolean(), z.literal('gaussian')]).optional(),
});

const frozenPhase = z.strictObject({ fromStep: z.int().min(0), names: z.array(z.string()) });

/** How a model learns; what is left out is what its paper says for its size. */
export const trainingSchema = z.strictObject({
  epochs: positive.optional(),
  steps: count.optional().describe('batches in all, instead of epochs'),
  ...optimization,
  layerWiseDecay: positive
    .max(1)
    .optional()
    .describe('ELECTRA: factor of the rate from a layer to the one below'),
  lora: loraSchema.optional().describe('low-rank adapters learn instead of the weights'),
  freezes: z
    .union([z.array(z.string()), z.array(frozenPhase)])
    .optional()
    .describe('beginnings of names of parameters that stay as they are; phases thaw them'),
  averages: z
    .strictObject({ decay: positive.lt(1), warmsUp: z.boolean().optional() })
    .optional()
    .describe('moving average of the weights'),
  precision: z.strictObject({ compute: z.enum(['bf16', 'f16']) }).optional(),
  onNonFinite: z.enum(['stop', 'skip', 'reload']).optional(),
  labelSmoothing: share.optional(),
  zLoss: z.number().min(0).optional(),
  maxLength: count.optional().describe('longest input in tokens'),
  maxTargetLength: count.optional().describe('longest target in tokens'),
  buckets: z
    .array(bucket)
    .min(1)
    .optional()
    .describe('lengths, or [source, target] pairs, that batches are padded to'),
  numBuckets: count.optional().describe('how many are chosen from the data, where none are given'),
});

/** A stage before training: the same model learns to undo noise in the texts of the training rows. */
export const pretrainingSchema = z.strictObject({
  objective: z
    .literal('inserted-spans')
    .describe('spans of other texts, and repeats, are to be left out again'),
  field: z.enum(['inputs', 'targets']).optional().describe('texts that are used; default targets'),
  copies: count.optional().describe('noisy forms of each text; default 8'),
  training: trainingSchema
    .optional()
    .describe('what differs from training; default: one pass at a constant rate'),
});

/** How texts are written. */
export const generationSchema = z.strictObject({
  numBeams: count.optional(),
  maxNewTokens: count.optional(),
  lengthPenalty: z.number().optional(),
  noRepeatNgramSize: count.optional(),
  earlyStopping: z.union([z.boolean(), z.literal('never')]).optional(),
});

/** How held-out data is scored on the way. */
export const evaluationSchema = z.strictObject({
  metrics: z.array(z.string()).min(1).optional(),
  metric: z.string().optional().describe('what is watched: loss, or one of the metrics; default the first'),
  every: count.optional().describe('steps between evaluations; default: an epoch'),
  batchSize: count.optional(),
  patience: count.optional().describe('evaluations without a better value after which training stops'),
  generation: generationSchema.optional().describe('how texts are written, for models that write'),
});

/** When the state of a run is saved. */
export const checkpointsSchema = z.strictObject({
  every: count.optional().describe('steps between checkpoints; default: an epoch'),
  keep: count.optional().describe('how many are kept; default 2'),
});

/** What runs a model. */
export const backendSchema = {
  backend: z.enum(['auto', 'onnx', 'cpu']).optional(),
  threads: count.optional().describe('threads of ONNX Runtime'),
};

import { z } from 'zod';
import { INPUT_FORMATS } from '../data-input.js';
import {
  backendSchema,
  checkpointsSchema,
  count,
  modelSchema,
  optimization,
  pathsSchema,
  positive,
  share,
  tokenizerSchema,
} from './config-parts.js';

const textsSchema = z.strictObject({
  dir: z.string().optional().describe('folder that paths are relative to; --data-dir overrides it'),
  train: pathsSchema,
  heldOut: pathsSchema.optional().describe('texts that are scored on the way'),
  format: z
    .enum(INPUT_FORMATS)
    .optional()
    .describe('documents: parted by blank lines, each line a paragraph (.txt); text: each line is one'),
  field: z.string().optional().describe('field of a record that is the text; default text'),
  limit: count.optional().describe('the most documents that are read, of train and of heldOut'),
});

/** ELECTRA's objective: Google's names in camelCase. */
const electraObjective = {
  electraObjective: z.boolean().optional().describe('false, with electricObjective too: plain masked-LM'),
  electricObjective: z.boolean().optional(),
  ablation: z.enum(['electra-15', 'replace-mlm', 'all-tokens-mlm']).optional(),
  genWeight: z.number().min(0).optional(),
  discWeight: z.number().min(0).optional(),
  maskProb: share.optional().describe('share of the tokens that is hidden; default 0.15'),
  maxPredictionsPerSeq: count.optional(),
  temperature: positive.optional(),
  disallowCorrect: z.boolean().optional(),
  uniformGenerator: z.boolean().optional(),
  twoTowerGenerator: z.boolean().optional(),
  untiedGeneratorEmbeddings: z.boolean().optional(),
  untiedGenerator: z.boolean().optional(),
  generatorLayers: positive.optional(),
  generatorHiddenSize: positive.optional(),
};

/** T5's: span corruption. */
const t5Objective = {
  noiseDensity: share.optional().describe('T5: share of the tokens that is taken out; default 0.15'),
  meanSpanLength: positive.optional().describe('T5: mean length of what is taken out; default 3, ByT5 20'),
  targetsLength: count.optional().describe('T5: tokens of targets; default: what just fits'),
};

/** Keys of an objective that belong to one family. */
export const OBJECTIVE_KEYS = {
  electra: Object.keys(electraObjective),
  t5: Object.keys(t5Objective),
} as const;

/** A config of `tesserae pretrain`. */
export const pretrainSchema = z.strictObject({
  $schema: z.string().optional(),
  model: modelSchema,
  generator: z
    .string()
    .min(1)
    .optional()
    .describe('ELECTRA: folder of a generator to go on from, beside model'),
  tokenizer: tokenizerSchema.optional(),
  data: textsSchema,
  objective: z
    .strictObject({ ...electraObjective, ...t5Objective })
    .optional()
    .describe('what is learned; default: as the paper of the model'),
  training: z.strictObject({
    steps: count.describe('batches in all'),
    seqLen: count.optional().describe('tokens of an input; default 128 for ELECTRA, 512 for T5'),
    ...optimization,
    onNonFinite: z.enum(['stop', 'skip', 'reload']).optional(),
  }),
  evaluation: z
    .strictObject({
      every: count.optional().describe('steps between scores of heldOut; default: a tenth of all'),
      batches: count.optional().describe('the most batches of held-out text; default 40'),
    })
    .optional(),
  checkpoints: checkpointsSchema.optional(),
  seed: z.int().min(0).optional(),
  out: z
    .string()
    .min(1)
    .optional()
    .describe('folder of the model; the generator goes to its folder generator'),
  ...backendSchema,
});

/** A config of `tesserae pretrain`, checked. */
export type PretrainConfig = z.infer<typeof pretrainSchema>;

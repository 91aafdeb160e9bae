import { TASK_NAMES } from 'tesserae';
import { z } from 'zod';
import {
  backendSchema,
  checkpointsSchema,
  dataSchema,
  evaluationSchema,
  modelSchema,
  tokenizerSchema,
  pretrainingSchema,
  trainingSchema,
} from './config-parts.js';
import { evaluateSchema } from './evaluate-schema.js';
import { pretrainSchema } from './pretrain-schema.js';

/** A config of `tesserae finetune`. */
export const finetuneSchema = z.strictObject({
  $schema: z.string().optional(),
  task: z.enum(TASK_NAMES),
  model: modelSchema,
  tokenizer: tokenizerSchema.optional(),
  data: dataSchema,
  pretraining: pretrainingSchema.optional().describe('text-to-text: a stage before training'),
  training: trainingSchema.optional(),
  evaluation: evaluationSchema.optional(),
  checkpoints: checkpointsSchema.optional(),
  seeds: z
    .array(z.int().min(0))
    .min(1)
    .optional()
    .describe('each is a run of its own; the best model is kept'),
  out: z.string().min(1).optional().describe('folder of the model and its runs'),
  ...backendSchema,
});

/** A config of `tesserae finetune`, checked. */
export type FinetuneConfig = z.infer<typeof finetuneSchema>;

/** Published schemas by the name of their command. */
export const CONFIG_SCHEMAS = {
  pretrain: pretrainSchema,
  finetune: finetuneSchema,
  evaluate: evaluateSchema,
} as const;

/** The JSON schema of a command's config. */
export function jsonSchemaOf(command: keyof typeof CONFIG_SCHEMAS): object {
  const schema = z.toJSONSchema(CONFIG_SCHEMAS[command], { target: 'draft-2020-12' });
  return { ...schema, title: `Config of tesserae ${command}` };
}

import { TASK_NAMES } from 'tesserae';
import { z } from 'zod';
import { backendSchema, count, dataSetSchema, generationSchema } from './config-parts.js';

/** A config of `tesserae evaluate`. */
export const evaluateSchema = z.strictObject({
  $schema: z.string().optional(),
  model: z.string().min(1).describe('folder or hub id'),
  task: z.enum(TASK_NAMES).optional().describe("default: the one of the model's class"),
  data: dataSetSchema
    .pick({ dir: true, format: true, columns: true, prefix: true, limit: true })
    .extend({ test: dataSetSchema.shape.train }),
  metrics: z.array(z.string()).min(1).optional().describe("names of metrics; default: the task's"),
  batchSize: count.optional().describe('examples in one run; default 64'),
  maxLength: count.optional().describe('longest input in tokens'),
  maxTargetLength: count.optional().describe('longest target in tokens'),
  generation: generationSchema.optional().describe('how texts are written, for models that write'),
  predictions: z
    .string()
    .min(1)
    .optional()
    .describe('file that what was predicted of each row is written to'),
  ...backendSchema,
});

/** A config of `tesserae evaluate`, checked. */
export type EvaluateConfig = z.infer<typeof evaluateSchema>;

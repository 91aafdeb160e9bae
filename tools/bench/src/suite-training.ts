import type { Job } from './bench-job.js';
import { electraRows, t5Rows } from './bench-inputs.js';
import type { Suite, SuiteContext } from './suite.js';
import { modelPath, trainingSides } from './suite.js';

/** Fine-tuning steps, and whether a training waits for its texts. */
export function trainingSuite(context: SuiteContext): Suite {
  const [electra, t5] = context.isTiny
    ? ['electra-tiny-classifier', 't5-tiny-initial']
    : ['electra-small-classifier', 't5-small-initial'];
  return {
    models: [electra!, t5!],
    jobs: [
      step(`${electra} step 32 × 128`, {
        setup: 'electra-train',
        model: modelPath(context, electra!),
        inputIds: electraRows([32, 128]),
        labels: Array.from({ length: 32 }, (_, row) => row % 2),
      }),
      step(`${t5} step 8 × 128/32`, {
        setup: 't5-train',
        model: modelPath(context, t5!),
        inputIds: t5Rows([8, 128]),
        labels: t5Rows([8, 32], 19),
      }),
      fromText(context, `${electra} from text, 32 × 128`, { setup: 'electra-train-text', model: electra! }),
      fromText(context, `${t5} from text, 8 × 128/32`, { setup: 't5-train-text', model: t5! }),
    ],
  };
}

/** With dropout when it is timed, without when losses are compared. */
function step(name: string, setup: Readonly<Record<string, unknown>>): Job {
  return { name, sides: trainingSides(setup, 1.3), iterations: 2, check: { dropout: 0 }, tolerance: 1e-3 };
}

/** A step that reads, tokenises and batches its texts as it goes: the share of it that waits for them. */
function fromText(
  context: SuiteContext,
  name: string,
  { setup, model }: { readonly setup: string; readonly model: string },
): Job {
  const { data } = context;
  return {
    name,
    sides: [{ name: 'tesserae', peer: 'tesserae', setup: { setup, model: modelPath(context, model), data } }],
    iterations: 8,
    tolerance: 0,
    valueIsWaiting: true,
  };
}

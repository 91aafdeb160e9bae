import { ELECTRA_SIZES } from '@tesserae/electra-model';
import type { Job } from './bench-job.js';
import { electraRows, gumbelFile, maskedRows } from './bench-inputs.js';
import type { Suite, SuiteContext } from './suite.js';
import { modelPath, sidesOf, trainingSides } from './suite.js';

const SHAPES: readonly (readonly [number, number])[] = [
  [1, 128],
  [8, 128],
  [32, 128],
  [8, 512],
];

/** Encoding, the pre-training step, and what batches of like lengths save. */
export async function electraSuite(context: SuiteContext): Promise<Suite> {
  const sizes = context.isTiny ? ['electra-tiny'] : ['electra-small', 'electra-base'];
  const small = sizes[0]!;
  return {
    models: [...sizes, `${small}-pretraining`],
    jobs: [
      ...sizes.flatMap((size) => SHAPES.map((shape) => encoding(context, size, shape))),
      await pretraining(context, `${small}-pretraining`),
      lengths(context, small, 32),
      lengths(context, small, 8),
    ],
  };
}

/** Encodings of about this many tokens make a round. */
const TOKENS_PER_ROUND = 8192;

function encoding(context: SuiteContext, size: string, shape: readonly [number, number]): Job {
  const [batch, seqLen] = shape;
  const setup = { setup: 'electra-encode', model: modelPath(context, size), inputIds: electraRows(shape) };
  return {
    name: `${size}, encoding ${batch} × ${seqLen}`,
    sides: sidesOf(setup, { torch: 2, transformersJs: 1 }),
    iterations: Math.max(
      1,
      Math.floor(TOKENS_PER_ROUND / (batch * seqLen * (size === 'electra-base' ? 8 : 1))),
    ),
    tolerance: 1e-3,
  };
}

async function pretraining(context: SuiteContext, size: string): Promise<Job> {
  const rows = electraRows([8, 128]);
  const masks = maskedRows(rows);
  const { vocabSize } = ELECTRA_SIZES['electra-small']!;
  const noise = await gumbelFile(context.scratch, masks.positions.flat().length * vocabSize);
  const setup = { setup: 'electra-pretrain', model: modelPath(context, size), inputIds: rows, ...masks };
  return {
    name: `${size} step 8 × 128`,
    sides: trainingSides(setup, 1.3),
    iterations: 2,
    check: { dropout: 0, gumbelFile: noise },
    tolerance: 1e-3,
  };
}

/** Batches of like lengths beside batches in the order of the texts, each padded to its own longest text. */
function lengths(context: SuiteContext, size: string, batchSize: number): Job {
  const setup = {
    setup: 'electra-encode-texts',
    model: modelPath(context, size),
    texts: context.isTiny ? 64 : 512,
    lengths: [16, 128],
    batchSize,
  };
  return {
    name: `${size}, ${setup.texts} texts of 16–128 tokens in batches of ${batchSize}`,
    sides: [
      { name: 'by length', peer: 'tesserae', setup: { ...setup, batching: 'bucketed' } },
      { name: 'in order', peer: 'tesserae', setup: { ...setup, batching: 'padded' }, needed: 1.5 },
    ],
    iterations: 1,
    tolerance: 1e-3,
  };
}

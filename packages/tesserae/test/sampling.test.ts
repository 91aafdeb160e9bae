import type {
  DecodingEngine,
  DecodingSession,
  GenerateOptions,
  SourceBatch,
  StepRequest,
  StepScores,
} from '@tesserae/t5-model';
import { T5_DEFAULTS, generatorOver } from '@tesserae/t5-model';
import { hostTensor, toNumbers } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { committed, openGolden } from './golden-fixture.js';

const DRAWS = 4000;

/** What a session answers for one row. */
function answer(logits: readonly number[], request: StepRequest): StepScores {
  if (request.kind === 'logits') return { logits: Float32Array.from(logits) };
  const k = request.kind === 'topK' ? request.k : 1;
  const total = Math.log(logits.reduce((sum, score) => sum + Math.exp(score), 0));
  const ids = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const best = ids.slice(0, k);
  return {
    ids: Int32Array.from(best),
    logProbs: Float32Array.from(best, (id) => logits[id]! - total),
  };
}

function repeated(rows: number, { ids, logProbs, logits }: StepScores): StepScores {
  const times = <T extends Int32Array | Float32Array>(one: T): number[] =>
    Array.from({ length: rows }, () => Array.from(one)).flat();
  return {
    ...(ids === undefined ? {} : { ids: Int32Array.from(times(ids)) }),
    ...(logProbs === undefined ? {} : { logProbs: Float32Array.from(times(logProbs)) }),
    ...(logits === undefined ? {} : { logits: Float32Array.from(times(logits)) }),
  };
}

/** An engine whose every row has the same scores at every step. */
function fixedEngine(logits: readonly number[]): DecodingEngine {
  const session = (rows: number): DecodingSession => ({
    ...{ numSources: rows, rowsPerSource: 1, position: 0 },
    step: async (_, request) => repeated(rows, answer(logits, request)),
    select: async () => undefined,
    rewind: () => undefined,
    release: () => undefined,
  });
  return {
    open: async ({ inputIds }) => session(inputIds.shape[0]!),
    sessionBytes: () => 0,
    release: () => undefined,
  };
}

/** Sources that all differ, as a row's draws depend on its source. */
const sources: SourceBatch = {
  inputIds: hostTensor(
    'i32',
    [DRAWS, 2],
    Int32Array.from({ length: 2 * DRAWS }, (_, at) => at),
  ),
  attentionMask: hostTensor('i32', [DRAWS, 2], new Int32Array(2 * DRAWS).fill(1)),
};

/** Probabilities that Hugging Face's filters leave of row `row`. */
function softmaxOf(scores: readonly number[]): readonly number[] {
  const most = Math.max(...scores);
  const weights = scores.map((score) => (score <= -1e29 ? 0 : Math.exp(score - most)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

const file: TensorFile = await openGolden(committed('sampling-filters'));
const CASES = JSON.parse(file.metadata['options']!) as Readonly<Record<string, GenerateOptions>>;

describe('sampling', () => {
  let logits: readonly number[];
  let size: number;
  beforeAll(async () => {
    const tensor = await file.read('input/logits');
    size = tensor.shape.at(-1)!;
    logits = toNumbers(tensor).slice(0, size);
  });

  it.each(Object.keys(CASES))("%s: draws follow Hugging Face's filtered distribution", async (name) => {
    const filtered = toNumbers(await file.read(`output/${name}/1`)).slice(0, size);
    const needed = softmaxOf(filtered);
    const config = { ...T5_DEFAULTS, vocabSize: size, eosTokenId: size - 1 };
    const generator = generatorOver(fixedEngine(logits), { config });
    const { sequences } = await generator.generate(sources, {
      ...{ top_k: 0, ...CASES[name]!, doSample: true, seed: 7, maxNewTokens: 1 },
    });
    const counts = new Array<number>(size).fill(0);
    for (const ids of sequences) counts[ids[0]!]!++;
    expect(counts.filter((count, id) => count > 0 && needed[id] === 0)).toEqual([]);
    let [statistic, freedom, rareCount, rareShare] = [0, -1, 0, 0];
    needed.forEach((share, id) => {
      if (share * DRAWS < 5) [rareCount, rareShare] = [rareCount + counts[id]!, rareShare + share];
      else {
        statistic += (counts[id]! - share * DRAWS) ** 2 / (share * DRAWS);
        freedom++;
      }
    });
    if (rareShare * DRAWS >= 5) {
      statistic += (rareCount - rareShare * DRAWS) ** 2 / (rareShare * DRAWS);
      freedom++;
    }
    // beyond four deviations of a chi-square variable: less than 1 in 1000 if the draws are right
    expect(statistic).toBeLessThan(freedom + 4 * Math.sqrt(2 * Math.max(1, freedom)));
  });

  it('gives the same draws for the same seed, others for another', async () => {
    const config = { ...T5_DEFAULTS, vocabSize: size, eosTokenId: size - 1 };
    const generator = generatorOver(fixedEngine(logits), { config });
    const draw = async (seed: number): Promise<readonly Int32Array[]> =>
      (await generator.generate(sources, { doSample: true, seed, maxNewTokens: 3 })).sequences;
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });
});

import { toNumbers } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { AnswerOptions } from '../src/decoding/answers.js';
import { decodeAnswers } from '../src/decoding/answers.js';
import { rankAnswers } from '../src/decoding/answer-n-best.js';
import { answerTokens } from '../src/decoding/answer-windows.js';
import type { AggregationStrategy } from '../src/decoding/entities.js';
import { decodeEntities } from '../src/decoding/entities.js';
import type { TokenSpans } from '../src/decoding/token-spans.js';
import { openFixture } from './fixture.js';

// What transformers makes of logits of a random ELECTRA over the uncased BERT vocabulary: tools/golden.

const read = async (file: TensorFile, name: string): Promise<readonly number[]> =>
  toNumbers(await file.read(name));
const fact = <T>(file: TensorFile, name: string): T => JSON.parse(file.metadata[name]!) as T;

interface Place {
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** Scores are those of f32 in the reference. */
function expectSame<T extends Place>(got: readonly T[], needed: readonly T[], what: string): void {
  const rounded = (rows: readonly T[]): unknown => rows.map(({ score: _, ...rest }) => rest);
  expect(rounded(got), what).toEqual(rounded(needed));
  got.forEach(({ score }, index) => expect(score, what).toBeCloseTo(needed[index]!.score, 5));
}

describe('entities, as the pipeline of transformers finds them', async () => {
  interface Entity extends Place {
    readonly label: string;
  }
  type ByStrategy = Readonly<Record<AggregationStrategy, readonly Entity[]>>;
  interface Case {
    readonly text: string;
    readonly windows: readonly TokenSpans[];
    readonly pipeline: ByStrategy;
    readonly entities: ByStrategy;
    readonly differing: number;
  }
  const file = await openFixture('task-entities');
  const labels = fact<readonly string[]>(file, 'labels');
  const cases = fact<readonly Case[]>(file, 'cases');

  it.each(cases.map((each, number) => [each.text, each, number] as const))('%s', async (_, each, number) => {
    const { text, windows, entities, pipeline, differing } = each;
    const logits = await Promise.all(windows.map((__, window) => read(file, `logits/${number}/${window}`)));
    const parts = windows.map((tokens, window) => ({ tokens, logits: logits[window]! }));
    for (const [strategy, needed] of Object.entries(entities) as [AggregationStrategy, readonly Entity[]][]) {
      const got = decodeEntities(parts, { text, labels, strategy });
      expect(got.map(({ word }) => word)).toEqual(needed.map(({ start, end }) => text.slice(start, end)));
      const places = got.map(({ label, score, start, end }) => ({ label, score, start, end }));
      expectSame(places, needed, strategy);
      const ownWords = strategy !== 'none' && strategy !== 'simple';
      if (differing === 0 || !ownWords) expectSame(places, pipeline[strategy], `${strategy}, pipeline`);
    }
  });

  it('show windows, emoji, accents that combine, and words that only the pipeline runs together', () => {
    expect(cases.some(({ windows }) => windows.length > 1)).toBe(true);
    expect(cases.filter(({ differing }) => differing > 0)).not.toHaveLength(0);
    expect(
      cases
        .filter(({ differing }) => differing === 0)
        .map(({ text }) => text)
        .join(),
    ).toMatch(/👍🏽.*👩‍🚀/u);
    for (const { entities, differing } of cases)
      expect(entities.simple.length, `${differing}`).toBeGreaterThan(1);
  });
});

describe('answers, as the pipeline of transformers 4 finds them', async () => {
  interface Answer extends Place {
    readonly answer: string;
  }
  interface Case {
    readonly question: string;
    readonly context: string;
    readonly windows: readonly TokenSpans[];
    readonly answers: Readonly<Record<string, readonly Answer[]>>;
  }
  interface Run {
    readonly top_k?: number;
    readonly max_answer_len?: number;
    readonly handle_impossible_answer?: boolean;
    readonly align_to_words?: boolean;
  }
  const file = await openFixture('answers-of-transformers-4');
  const runs = Object.entries(fact<Readonly<Record<string, Run>>>(file, 'runs'));
  const cases = fact<readonly Case[]>(file, 'cases');

  it.each(runs)('%s', async (name, run) => {
    for (const [number, { context, windows, answers }] of cases.entries()) {
      const parts = windows.map(async (tokens, window) => ({
        tokens,
        startLogits: await read(file, `logits/${number}/${window}/start_logits`),
        endLogits: await read(file, `logits/${number}/${window}/end_logits`),
      }));
      const options: AnswerOptions = {
        context,
        topK: run.top_k ?? 1,
        maxAnswerLength: run.max_answer_len ?? 15,
        handleImpossibleAnswer: run.handle_impossible_answer ?? false,
        alignToWords: run.align_to_words ?? true,
      };
      const found = decodeAnswers(await Promise.all(parts), options);
      expectSame(found.answers, answers[name]!, name);
      for (const { answer, start, end } of found.answers) expect(context.slice(start, end)).toBe(answer);
    }
  });

  it('have the empty answer among them, and several windows', () => {
    const empty = cases
      .flatMap(({ answers }) => Object.values(answers).flat())
      .filter(({ answer }) => answer === '');
    expect(empty).not.toHaveLength(0);
    expect(cases.some(({ windows }) => windows.length > 1)).toBe(true);
  });
});

describe('n-best answers, as the SQuAD script ranks them', async () => {
  interface Entry {
    readonly text: string;
    readonly probability: number;
    readonly start_logit: number;
    readonly end_logit: number;
  }
  interface Ranking {
    readonly prediction: string;
    readonly nBest: readonly Entry[];
    readonly scoreDiff: number | null;
  }
  interface Case {
    readonly question: string;
    readonly context: string;
    readonly windows: readonly { readonly offsets: number[]; readonly isMaxContext: number[] }[];
    readonly squad1: Ranking;
    readonly squad2: Ranking;
  }
  const file = await openFixture('task-n-best');
  const limits = {
    nBest: fact<number>(file, 'nBest'),
    maxAnswerLength: fact<number>(file, 'maxAnswerLength'),
  };
  const cases = fact<readonly Case[]>(file, 'cases').map(
    (each, number) => [each.question, each, number] as const,
  );

  it.each(cases)('%s', async (_, { context, windows, squad1, squad2 }, number) => {
    const parts = await Promise.all(
      windows.map(async ({ offsets, isMaxContext }, window) => ({
        tokens: answerTokens({
          offsets: Int32Array.from(offsets),
          isMaxContext: Uint8Array.from(isMaxContext),
        }),
        startLogits: await read(file, `logits/${number}/${window}/start`),
        endLogits: await read(file, `logits/${number}/${window}/end`),
      })),
    );
    const ranking = rankAnswers(context, parts, limits);
    expect(ranking.prediction).toBe(squad1.prediction);
    expect(ranking.scoreDiff).toBeCloseTo(squad2.scoreDiff!, 5);
    const listed = ranking.answers.map(({ answer, startLogit, endLogit }) => ({
      answer,
      startLogit,
      endLogit,
    }));
    expect(listed.map(({ answer }) => answer)).toEqual(squad1.nBest.map(({ text }) => text));
    ranking.answers.forEach(({ score, startLogit, start, end, answer }, index) => {
      expect(score).toBeCloseTo(squad1.nBest[index]!.probability, 5);
      expect(startLogit).toBeCloseTo(squad1.nBest[index]!.start_logit, 5);
      expect(context.slice(start, end)).toBe(answer);
    });
    const [above, below] = [squad2.scoreDiff! + 0.01, squad2.scoreDiff! - 0.01];
    expect(rankAnswers(context, parts, { ...limits, noAnswerThreshold: above }).prediction).toBe(
      squad2.prediction,
    );
    expect(rankAnswers(context, parts, { ...limits, noAnswerThreshold: below }).prediction).toBe('');
  });
});

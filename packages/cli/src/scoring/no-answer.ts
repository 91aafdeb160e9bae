import { defineMetric, squad2, type Scores } from '@tesserae/metrics';
import type { ExamplePair } from './example-pairs.js';
import type { AnyMetric, MetricInputs } from './metric-inputs.js';
import { fileError, parseJson, readText } from './prediction-files.js';

/** An answer, and how likely its question is to have none. */
interface DoubtedAnswer {
  readonly text: string;
  readonly noAnswerScore: number;
}

/** SQuAD 2.0 with the search for thresholds; each answer carries its score, so that resampling keeps them together. */
export function doubtedSquad2(threshold: number | undefined): AnyMetric {
  return defineMetric<readonly string[], DoubtedAnswer>({
    name: 'squad2',
    needs: ['references', 'text'],
    unit: 'percent',
    mainScore: 'f1',
    compute: (targets, answers) => {
      const noAnswerScores = answers.map(({ noAnswerScore }) => noAnswerScore);
      const texts = answers.map(({ text }) => text);
      const scores = squad2(targets, texts, {
        noAnswerScores,
        ...(threshold === undefined ? {} : { threshold }),
      });
      return scores as unknown as Scores;
    },
  }) as AnyMetric;
}

/**
 * Questions and answers with the scores of a file `{"id": score}`.
 * @throws FolderError (file-missing), FormatError (predictions-file) when a question has no score
 */
export async function doubtedAnswers(
  path: string,
  { pairs, signal }: { readonly pairs: readonly ExamplePair[]; readonly signal: AbortSignal },
): Promise<MetricInputs> {
  const scores = parseJson(path, await readText(path, signal), 0);
  const answers = pairs.map(({ target, prediction }, index): DoubtedAnswer => {
    const noAnswerScore = scores[target.id ?? ''];
    if (typeof noAnswerScore === 'number') return { text: String(prediction.value), noAnswerScore };
    throw fileError(path, 0, {
      problem: `question ${index + 1} (id '${target.id ?? 'none'}') has no score`,
      likely: 'The file is {"id": number}; targets need ids, as SQuAD files have them.',
    });
  });
  return {
    targets: pairs.map(({ target }) => [target.value].flat().map(String)) as never[],
    predictions: answers as never[],
  };
}

import type { HostTensor } from '@tesserae/tensor';
import { OptionError, toNumbers } from '@tesserae/tensor';
import { replacedTokenScores } from '@tesserae/metrics';
import type { PretrainingResult } from './objective.js';

/** How a pre-training does on held-out text; Google's names in camelCase. Shares are in [0, 1]. */
export interface PretrainingScores {
  readonly maskedLmAccuracy: number;
  /** Mean cross-entropy at the chosen positions, in nats. */
  readonly maskedLmLoss: number;
  /** Share of samples that are the original token. */
  readonly sampledMaskedLmAccuracy: number;
  /** Mean over batches. */
  readonly discLoss?: number;
  readonly discAccuracy?: number;
  /** Exact, over the tokens that count; Google's is an estimate that counts padding too. */
  readonly discAuc?: number;
  readonly discPrecision?: number;
  readonly discRecall?: number;
}

/** Gathers the results of evaluation batches. */
export interface PretrainingMeter {
  /** Takes a downloaded result of `evaluate`. */
  add(result: PretrainingResult<HostTensor>): void;
  /** @throws OptionError before the first batch · MetricError when no token, or every token, was replaced */
  scores(): PretrainingScores;
}

/**
 * A meter for the metrics of Google's evaluation, exact over all batches.
 * @see metric_fn in run_pretraining.py of the ELECTRA repository
 */
export function pretrainingMeter(): PretrainingMeter {
  const totals = { masked: 0, maskedLoss: 0, maskedCorrect: 0, sampledCorrect: 0 };
  const detections: { readonly labels: number[]; readonly logits: number[] } = { labels: [], logits: [] };
  const discLosses: number[] = [];
  return {
    add({ sums, detection, mainLoss }) {
      for (const name of Object.keys(totals) as (keyof typeof totals)[])
        totals[name] += toNumbers(sums[name])[0]!;
      if (detection === undefined) return;
      discLosses.push(toNumbers(mainLoss!)[0]!);
      const labels = toNumbers(detection.labels);
      const logits = toNumbers(detection.logits);
      labels.forEach((label, index) => {
        if (label < 0) return;
        detections.labels.push(label);
        detections.logits.push(logits[index]!);
      });
    },
    scores() {
      requireSome(totals.masked);
      const masked = {
        maskedLmAccuracy: totals.maskedCorrect / totals.masked,
        maskedLmLoss: totals.maskedLoss / totals.masked,
        sampledMaskedLmAccuracy: totals.sampledCorrect / totals.masked,
      };
      if (discLosses.length === 0) return masked;
      const found = replacedTokenScores(detections.labels, detections.logits);
      return {
        ...masked,
        discLoss: discLosses.reduce((sum, loss) => sum + loss, 0) / discLosses.length,
        discAccuracy: found.accuracy,
        discAuc: found.rocAuc,
        discPrecision: found.precision,
        discRecall: found.recall,
      };
    },
  };
}

function requireSome(masked: number): void {
  if (masked > 0) return;
  throw new OptionError({
    op: 'pretrainingMeter',
    problem: 'no position was masked in what was added',
    likely: 'Add the results of evaluate, of texts with tokens besides [CLS], [SEP] and [MASK].',
    page: 'option-value',
  });
}

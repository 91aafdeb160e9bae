import { spanCorruption } from '@tesserae/data';
import type { PretrainingOptions, PretrainingSettings } from '@tesserae/electra-model';
import { PRETRAINING_DEFAULTS } from '@tesserae/electra-model';
import { ELECTRA_PRETRAINING } from './pretrain-electra.js';
import type { T5Objective } from './pretrain-t5.js';
import { T5_PRETRAINING } from './pretrain-t5.js';
import type { PretrainSettings, ResolvedPretrainSettings } from './settings.js';
import { resolvePretrainSettings } from './settings.js';

/** A pre-training with every number in place: what is set, and the paper's choices for the rest. */
export interface ResolvedPretraining {
  readonly settings: ResolvedPretrainSettings;
  readonly objective: PretrainingSettings | T5Objective;
}

/**
 * What a pre-training runs with.
 * @throws OptionError for settings that are unknown or out of range
 */
export function resolvedPretraining(
  family: 'electra' | 't5',
  { settings, objective = {} }: { readonly settings: PretrainSettings; readonly objective?: object },
): ResolvedPretraining {
  if (family === 'electra') {
    return {
      settings: resolvePretrainSettings(settings, ELECTRA_PRETRAINING),
      objective: { ...PRETRAINING_DEFAULTS, ...(objective as PretrainingOptions) },
    };
  }
  const resolved = resolvePretrainSettings(settings, T5_PRETRAINING);
  const { mask, targetsLength } = spanCorruption({
    ...(objective as T5Objective),
    inputsLength: resolved.seqLen,
  });
  const { noiseDensity = 0.15, meanSpanLength = 3 } = mask as T5Objective;
  return { settings: resolved, objective: { noiseDensity, meanSpanLength, targetsLength } };
}

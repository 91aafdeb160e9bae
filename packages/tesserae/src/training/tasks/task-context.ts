import type { ElectraConfig } from '@tesserae/electra-model';
import type { T5Config } from '@tesserae/t5-model';
import type { Rng, Tensor } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { PretrainedModel } from '../../pretrained.js';
import { requireTokenizer } from '../../pretrained.js';
import type { BatchInputs } from '../task.js';

/** Configs of models that can be trained. */
export type TrainableConfig = ElectraConfig | T5Config;

/** A model that can be trained, of either family. */
export type TrainableModel =
  PretrainedModel<TrainableConfig> | PretrainedModel<ElectraConfig> | PretrainedModel<T5Config>;

/** True for ELECTRA. */
export const isElectra = (config: TrainableConfig): config is ElectraConfig => 'maxPositions' in config;

/** What a task needs of a model. */
export interface TaskContext {
  readonly model: PretrainedModel<TrainableConfig>;
  readonly tokenizer: Tokenizer;
  readonly config: TrainableConfig;
  readonly padId: number;
  /** Longest input in tokens, special ones included. */
  readonly maxLength: number;
  /** Longest target in tokens, its end included. */
  readonly maxTargetLength: number;
  /** Whether the network reads which segment a token is of. */
  readonly hasSegments: boolean;
  /** The forward pass; dropout with an rng. */
  readonly forward: (params: unknown, inputs: BatchInputs<Tensor>, rng?: Rng) => BatchInputs<Tensor>;
}

/** What of a task the caller decides. */
interface TaskSettings {
  /** Longest input in tokens; default: 128 for ELECTRA, 512 for T5, or what the model can read if that is less. */
  readonly maxLength?: number;
  /** Longest target in tokens, where the model writes; default 128. */
  readonly maxTargetLength?: number;
  /** Dropout while training, instead of the config's. */
  readonly dropout?: number;
}

/** A model as tasks see it. @throws FormatError when it has no tokenizer */
export function taskContext(
  model: PretrainedModel<TrainableConfig>,
  { maxLength, maxTargetLength = 128, dropout }: TaskSettings,
): TaskContext {
  const { architecture } = model;
  const config = withDropout(model.config, dropout);
  const hasSegments = isElectra(config);
  const most = isElectra(config) ? config.maxPositions : Infinity;
  requireLength(maxLength, most);
  return {
    model,
    tokenizer: requireTokenizer(model),
    config,
    padId: config.padTokenId,
    maxLength: Math.min(most, maxLength ?? (hasSegments ? 128 : 512)),
    maxTargetLength,
    hasSegments,
    forward: (params, inputs, rng) => architecture.forward(params, inputs, { config, rng }),
  };
}

function withDropout(config: TrainableConfig, dropout: number | undefined): TrainableConfig {
  if (dropout === undefined) return config;
  return isElectra(config)
    ? {
        ...config,
        hiddenDropout: dropout,
        attentionDropout: dropout,
        classifierDropout: dropout,
        summaryLastDropout: dropout,
      }
    : { ...config, dropoutRate: dropout, classifierDropout: dropout };
}

/** @throws OptionError when a length is more than a model has positions */
export function requireLength(got: number | undefined, most: number): void {
  if (got === undefined || got <= most) return;
  throw new OptionError({
    op: 'training',
    problem: `maxLength is ${got}, and the model reads at most ${most} tokens`,
    likely: 'ELECTRA has a table of positions: longer inputs must be cut, or parted into windows.',
    page: 'option-value',
    got,
    needed: most,
  });
}

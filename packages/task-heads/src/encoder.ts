import type { Rng, Tensor } from '@tesserae/tensor';
import { OptionError } from '@tesserae/tensor';
import { subRng } from '@tesserae/nn';

// A head knows what an encoder gives, not which model it is: the same heads run on ELECTRA and on T5's encoder.

/** Ids to hidden states. */
export interface EncoderInputs {
  readonly inputIds: Tensor; // i32[batch, seqLen]
  readonly attentionMask?: Tensor | undefined; // i32[batch, seqLen], 0 for padding
  /** Read by encoders that have segments. */
  readonly tokenTypeIds?: Tensor | undefined; // i32[batch, seqLen]
}

/** What a head must know of the encoder it stands on. */
export interface EncoderFacts {
  readonly hiddenSize: number;
  /** Dropout before a head. */
  readonly dropoutRate: number;
  /** Standard deviation of a head's first weights. */
  readonly initializerRange: number;
}

/** An encoder of texts, whatever the model. */
export interface Encoder<Params = unknown> extends EncoderFacts {
  /** Shapes, initialisers and checkpoint names of its parameters, in the form of `Params`. */
  readonly specs: unknown;
  /**
   * Hidden states of the last layer.
   * @param options.tokens  'first' where only the first token is read, which an encoder may use to compute less
   * @returns float[batch, seqLen, hiddenSize], or [batch, 1 or seqLen, hiddenSize] for 'first'
   */
  encode(
    params: Params,
    inputs: EncoderInputs,
    options: { readonly rng: Rng | undefined; readonly tokens?: 'all' | 'first' },
  ): Tensor;
}

/** Inputs of an encoder, and labels by the names that the head has for them. */
export type TaskInputs = EncoderInputs & Readonly<Record<string, Tensor | undefined>>;

/** What a head gives: `logits` and the like, and `loss` when it was given labels. */
export type TaskOutputs = Readonly<Record<string, Tensor>>;

/** A head: its parameters, and from hidden states to outputs. */
export interface Head<Params = unknown> {
  /** Which tokens it reads. */
  readonly tokens: 'all' | 'first';
  /** Names of the labels without which there is no loss. */
  readonly labels: readonly string[];
  /** Shapes, initialisers and checkpoint names of its parameters. */
  specs(encoder: EncoderFacts): unknown;
  /** @param hidden  float[batch, seqLen, hiddenSize] */
  forward(
    params: Params,
    hidden: Tensor,
    options: {
      readonly inputs: TaskInputs;
      readonly dropoutRate: number;
      readonly rng: Rng | undefined;
    },
  ): TaskOutputs;
}

/** Parameters of an encoder and of the head on it. */
export interface TaskParams<EncoderParams, HeadParams> {
  readonly encoder: EncoderParams;
  readonly head: HeadParams;
}

/** An encoder with a head: what `initParams`, `compile` and `createTrainStep` take. */
export interface TaskModel<EncoderParams, HeadParams> {
  readonly specs: TaskParams<unknown, unknown>;
  forward(
    params: TaskParams<EncoderParams, HeadParams>,
    inputs: TaskInputs,
    options: { readonly rng: Rng | undefined },
  ): TaskOutputs;
  /** The loss of a batch with labels, with dropout. @throws OptionError naming the labels that lack */
  lossFn(params: TaskParams<EncoderParams, HeadParams>, batch: TaskInputs, rng: Rng): Tensor;
}

/** Puts a head on an encoder. */
export function withHead<EncoderParams, HeadParams>(
  encoder: Encoder<EncoderParams>,
  head: Head<HeadParams>,
): TaskModel<EncoderParams, HeadParams> {
  const forward: TaskModel<EncoderParams, HeadParams>['forward'] = (params, inputs, { rng }) => {
    const { tokens } = head;
    const hidden = encoder.encode(params.encoder, inputs, { rng: subRng(rng, 'encoder'), tokens });
    const { dropoutRate } = encoder;
    return head.forward(params.head, hidden, { inputs, dropoutRate, rng: subRng(rng, 'head') });
  };
  return {
    specs: { encoder: encoder.specs, head: head.specs(encoder) },
    forward,
    lossFn: (params, batch, rng) => {
      const { loss } = forward(params, batch, { rng });
      if (loss === undefined) throw missingLabels(head.labels.filter((name) => batch[name] === undefined));
      return loss;
    },
  };
}

function missingLabels(names: readonly string[]): OptionError {
  return new OptionError({
    op: 'lossFn',
    problem: `the batch has no ${names.join(' and no ')}`,
    likely: 'Batches of training have labels; without them, call forward.',
    page: 'missing-input',
    needed: names,
  });
}

import type { DType, HostTensor, Rng, Tensor } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';

/** A JSON object, as config.json holds one. */
export type Json = Readonly<Record<string, unknown>>;

/** One argument of a class's forward pass, by Hugging Face's name. */
export interface InputSpec {
  readonly dtype: DType;
  readonly isRequired: boolean;
}

/** A model class as Hugging Face names it: how to read its config, what parameters it has, what it computes. */
export interface Architecture<Config = unknown, Params = unknown> {
  /** `T5ForConditionalGeneration`, `ElectraForTokenClassification`, … */
  readonly name: string;
  /** Arguments of the forward pass. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** Prefix that a file of the bare model lacks. */
  readonly basePrefix?: string;
  /** Names in files that carry nothing. */
  readonly ignoredNames: readonly RegExp[];
  /** Names under which files repeat a tensor: alias -> name; one that differs from what it repeats is refused. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly readConfig: (json: Json, options: { readonly file?: string }) => Config;
  /** @param specs  the parameters the model has, which decide what the config says of them */
  readonly writeConfig: (config: Config, specs: object) => Json;
  /** Tree of ParamSpec leaves; a file, when there is one, decides what config.json leaves open (a head of its own). */
  readonly paramSpec: (config: Config, file: TensorFile | undefined) => Promise<object>;
  /** What the forward pass takes for granted of the values of its inputs. @throws OptionError where it does not hold */
  readonly checkValues?: (inputs: Readonly<Record<string, HostTensor>>, config: Config) => void;
  /** The forward pass; inputs and outputs by Hugging Face's names, `loss` among them when there are labels. */
  readonly forward: (
    params: Params,
    inputs: Readonly<Record<string, Tensor>>,
    options: { readonly config: Config; readonly rng: Rng | undefined },
  ) => Readonly<Record<string, Tensor>>;
}

const ids = (isRequired: boolean): InputSpec => ({ dtype: 'i32', isRequired });

/** Arguments every encoder takes. */
export const ENCODER_INPUTS: Readonly<Record<string, InputSpec>> = {
  input_ids: ids(true),
  attention_mask: ids(false),
};

/** Outputs with the loss first, when there is one. */
export function withLoss(
  outputs: Readonly<Record<string, Tensor>>,
  loss: Tensor | undefined,
): Readonly<Record<string, Tensor>> {
  return loss === undefined ? outputs : { loss, ...outputs };
}

/** Ids or a mask that may be left out. */
export const optionalIds: InputSpec = ids(false);

import type { DType, HostArray } from '@tesserae/tensor';

/**
 * The part of ONNX Runtime's JavaScript API that the adapter uses, so that any package with it can be handed in:
 * onnxruntime-node, onnxruntime-web, onnxruntime-react-native. Parameters are `never` because the packages
 * overload them; the adapter converts at its only two call sites.
 */
export interface OrtLike {
  readonly InferenceSession: { create(model: never, options?: never): Promise<OrtSessionLike> };
  readonly Tensor: new (type: never, data: never, dims?: never) => OrtTensorLike;
}

/** A loaded model. */
export interface OrtSessionLike {
  run(feeds: never, fetches: never): Promise<{ readonly [name: string]: unknown }>;
  release(): Promise<void>;
}

/** A tensor of ONNX Runtime, told by its members: several copies of its class may be loaded. */
export interface OrtTensorLike {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** ONNX Runtime's names of our dtypes. */
export const ORT_TYPES: { readonly [D in Exclude<DType, 'bf16'>]: string } = {
  f32: 'float32',
  f16: 'float16',
  f64: 'float64',
  i32: 'int32',
  i8: 'int8',
  u8: 'uint8',
  bool: 'bool',
};

/** Options of a session, as `InferenceSession.create` takes them. */
export type OrtSessionOptions = Readonly<Record<string, unknown>>;

/** An execution provider by name, or with options of its own. */
export type ExecutionProvider = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/** Makes a tensor over an array, which is not copied. */
export function ortTensor(
  ort: OrtLike,
  dtype: DType,
  data: HostArray,
  dims: readonly number[],
): OrtTensorLike {
  return new ort.Tensor(ORT_TYPES[dtype as keyof typeof ORT_TYPES] as never, data as never, dims as never);
}

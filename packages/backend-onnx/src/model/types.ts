import type { Dim, DType, HostArray } from '@tesserae/tensor';

/** The part of the ONNX data model that lowered graphs use, as plain data. */

/** Element types inside an ONNX graph: ours, and the two that sizes and random words need. */
export type ElementType = DType | 'i64' | 'u32';

/** Numbers of `TensorProto.DataType`. @see onnx.proto3 */
export const DATA_TYPES: { readonly [T in ElementType]: number } = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
  bf16: 16,
};

/** An attribute value; the key names its ONNX type. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string };

/** Attributes of a node by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One operator application; an empty input name leaves an optional input out. */
export interface OnnxNode {
  readonly op: string;
  /** Empty for the standard operators, `com.microsoft` for ONNX Runtime's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** A constant of the graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: HostArray | BigInt64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/** A graph input or output; symbolic sizes become named dynamic axes. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly opset: Opset;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Versions of the standard operator set that lowered graphs keep to. */
export const OPSETS = [20, 21] as const;
/** A version of the standard operator set. */
export type Opset = (typeof OPSETS)[number];

/** The domain of ONNX Runtime's own operators. */
export const CONTRIB = 'com.microsoft';

import { BackendError, dimSymbols, formatDim, type Dim } from '@tesserae/tensor';
import { PbfWriter } from 'pbf';
import type { AttributeValue, OnnxModel, OnnxNode, OnnxTensor, OnnxValue, Opset } from './types.js';
import { CONTRIB, DATA_TYPES } from './types.js';

/** Field numbers below are those of onnx.proto3. */

/** A protobuf message holds less than 2 GiB; the rest is room for everything but weights. */
const SIZE_LIMIT_BYTES = 2 ** 31 - 2 ** 24;

/** The oldest file format version that may carry an operator set. */
const IR_VERSIONS: { readonly [V in Opset]: number } = { 20: 9, 21: 10 };

const ATTRIBUTE_TYPES = { float: 1, int: 2, text: 3, ints: 7 } as const;

/**
 * Writes a model in the ONNX file format.
 * @throws BackendError when the weights exceed what one protobuf file can hold (2 GiB)
 */
export function encodeModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const weightBytes = model.initializers.reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
  if (weightBytes > SIZE_LIMIT_BYTES) throw tooLarge(model.name, weightBytes);
  const writer = new PbfWriter(new Uint8Array(weightBytes + 512 * model.nodes.length + 2 ** 16));
  writeModel(model, writer);
  return writer.finish() as Uint8Array<ArrayBuffer>;
}

function tooLarge(name: string, weightBytes: number): BackendError {
  return new BackendError({
    op: 'toOnnx',
    problem: `'${name}' holds ${(weightBytes / 2 ** 30).toFixed(2)} GiB of constants; a file holds less than 2 GiB`,
    likely: 'Pass fewer constants: the others stay inputs of the model.',
    page: 'onnx-file-size',
    got: weightBytes,
    needed: SIZE_LIMIT_BYTES,
  });
}

function writeModel(model: OnnxModel, writer: PbfWriter): void {
  writer.writeVarintField(1, IR_VERSIONS[model.opset]);
  writer.writeStringField(2, 'tesserae');
  writer.writeMessage(7, writeGraph, model);
  writer.writeMessage(8, writeOperatorSet, { domain: '', version: model.opset as number });
  if (model.nodes.some((node) => node.domain === CONTRIB)) {
    writer.writeMessage(8, writeOperatorSet, { domain: CONTRIB, version: 1 });
  }
}

function writeOperatorSet(
  set: { readonly domain: string; readonly version: number },
  writer: PbfWriter,
): void {
  writer.writeStringField(1, set.domain);
  writer.writeVarintField(2, set.version);
}

function writeGraph(model: OnnxModel, writer: PbfWriter): void {
  model.nodes.forEach((node, index) => writer.writeMessage(1, writeNode, { node, index }));
  writer.writeStringField(2, model.name);
  for (const tensor of model.initializers) writer.writeMessage(5, writeTensor, tensor);
  for (const value of model.inputs) writer.writeMessage(11, writeValue, value);
  for (const value of model.outputs) writer.writeMessage(12, writeValue, value);
}

function writeNode(
  { node, index }: { readonly node: OnnxNode; readonly index: number },
  writer: PbfWriter,
): void {
  for (const name of node.inputs) writer.writeStringField(1, name);
  for (const name of node.outputs) writer.writeStringField(2, name);
  writer.writeStringField(3, `${node.op}_${index}`);
  writer.writeStringField(4, node.op);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.writeMessage(5, writeAttribute, { name, value });
  }
  if (node.domain !== '') writer.writeStringField(7, node.domain);
}

function writeAttribute(
  { name, value }: { readonly name: string; readonly value: AttributeValue },
  writer: PbfWriter,
): void {
  writer.writeStringField(1, name);
  if ('float' in value) writer.writeFloatField(2, value.float);
  else if ('int' in value) writer.writeVarintField(3, value.int);
  else if ('text' in value) writer.writeStringField(4, value.text);
  else for (const int of value.ints) writer.writeVarintField(8, int);
  writer.writeVarintField(20, ATTRIBUTE_TYPES[Object.keys(value)[0] as keyof typeof ATTRIBUTE_TYPES]);
}

function writeTensor({ name, type, shape, data }: OnnxTensor, writer: PbfWriter): void {
  for (const size of shape) writer.writeVarintField(1, size);
  writer.writeVarintField(2, DATA_TYPES[type]);
  writer.writeStringField(8, name);
  writer.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValue(value: OnnxValue, writer: PbfWriter): void {
  writer.writeStringField(1, value.name);
  writer.writeMessage(2, writeType, value);
}

function writeType(value: OnnxValue, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, value);
}

function writeTensorType(value: OnnxValue, writer: PbfWriter): void {
  writer.writeVarintField(1, DATA_TYPES[value.type]);
  writer.writeMessage(2, writeShape, value.shape);
}

function writeShape(shape: readonly Dim[], writer: PbfWriter): void {
  for (const dim of shape) writer.writeMessage(1, writeDim, dim);
}

function writeDim(dim: Dim, writer: PbfWriter): void {
  if (dimSymbols(dim).length === 0) writer.writeVarintField(1, dim as number);
  else writer.writeStringField(2, formatDim(dim).replaceAll(' ', ''));
}

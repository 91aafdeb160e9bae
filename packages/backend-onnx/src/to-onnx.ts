import type { Graph, HostTensor } from '@tesserae/tensor';
import { OptionError, checkOptions, lowerGraph } from '@tesserae/tensor';
import { compositeCapabilities } from './lower/composites.js';
import { lowerToModel } from './lower/lower-graph.js';
import type { Target } from './lower/target.js';
import { SUPPORTED_DTYPES, targetOf } from './lower/target.js';
import { encodeModel } from './model/encode.js';
import type { Opset } from './model/types.js';
import { OPSETS } from './model/types.js';

/** Options of `toOnnx`. */
export interface ToOnnxOptions {
  /** Values of graph inputs, by name, that become weights of the file instead of inputs. */
  readonly constants?: Readonly<Record<string, HostTensor>>;
  /** Version of the standard operator set: 20 or 21 (default). */
  readonly opset?: number;
  /**
   * Execution provider the file is meant for ('cpu', 'wasm', 'webgpu', …): allows ONNX Runtime's own operators
   * where they are faster. Default: none, only standard operators.
   */
  readonly executionProvider?: string;
}

/**
 * Writes a traced graph as the bytes of an .onnx file; symbolic dimensions become named dynamic axes,
 * random numbers are drawn inside the graph from the key it takes.
 * @throws OptionError for an unknown option, input name or operator set · DtypeError for bf16
 */
export function toOnnx(graph: Graph, options: ToOnnxOptions = {}): Uint8Array<ArrayBuffer> {
  checkOptions('toOnnx', options, ['constants', 'opset', 'executionProvider']);
  const { constants = {}, opset = 21, executionProvider } = options;
  const target: Target = executionProvider === undefined ? 'portable' : targetOf([executionProvider]);
  const capabilities = { dtypes: SUPPORTED_DTYPES, symbolicDims: true, ...compositeCapabilities(target) };
  const lowered = lowerGraph(graph, { capabilities }, false);
  const { model } = lowerToModel(lowered, {
    target,
    opset: requireOpset(opset),
    constants: constantsByIndex(lowered, constants),
    takesHostRandom: false,
  });
  return encodeModel(model);
}

function requireOpset(opset: number): Opset {
  const known = OPSETS.find((version) => version === opset);
  if (known !== undefined) return known;
  throw new OptionError({
    op: 'toOnnx',
    problem: `opset ${opset} is not one of ${OPSETS.join(', ')}`,
    likely: 'Convert the file with the onnx version converter if another version is needed.',
    page: 'onnx-opset',
    got: opset,
    needed: OPSETS,
  });
}

function constantsByIndex(
  graph: Graph,
  constants: Readonly<Record<string, HostTensor>>,
): ReadonlyMap<number, HostTensor> {
  return new Map(Object.entries(constants).map(([name, value]) => [inputIndex(graph, name), value]));
}

function inputIndex(graph: Graph, name: string): number {
  const index = graph.inputNames.indexOf(name);
  if (index >= 0) return index;
  throw new OptionError({
    op: 'toOnnx',
    problem: `constant '${name}' is no input of '${graph.name}'`,
    likely: `The inputs are ${graph.inputNames.slice(0, 8).join(', ')}.`,
    page: 'unknown-option',
    got: name,
    needed: graph.inputNames,
  });
}

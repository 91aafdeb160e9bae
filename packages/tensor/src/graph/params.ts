import { formatDim } from '../dim.js';
import type { SymbolicDim } from '../dim.js';
import type { Params } from '../ops/define.js';
import type { HostTensor, TensorSpec } from '../spec.js';
import { formatSpec } from '../spec.js';

/** Text of a node's parameters: `{axes: [1], keepDims: true}`; host tensors are written by `formatHost`. */
export function formatParams(params: Params, formatHost: (value: HostTensor) => string): string {
  const entries = Object.entries(params).map(([key, value]) => `${key}: ${formatParam(value, formatHost)}`);
  return entries.length === 0 ? '' : `{${entries.join(', ')}}`;
}

function formatParam(value: unknown, formatHost: (value: HostTensor) => string): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => formatParam(item, formatHost)).join(',')}]`;
  if (isHostTensor(value)) return formatHost(value);
  if ('terms' in value && 'key' in value) return formatDim(value as SymbolicDim);
  if ('dtype' in value && 'shape' in value) return formatSpec(value as TensorSpec);
  return formatParams(value as Params, formatHost);
}

/** Tells a host tensor among parameters by its typed array. */
function isHostTensor(value: object): value is HostTensor {
  return 'data' in value && ArrayBuffer.isView(value.data);
}

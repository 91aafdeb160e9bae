import {
  DtypeError,
  OptionError,
  formatSpec,
  hostRandom,
  isFloat,
  mapTree,
  randomBitsInto,
  rngKey,
  sizeOf,
} from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { castTensor } from './cast.js';
import type { Initializer, ParamSpec, ParamsOf } from './param-spec.js';

/** What fresh parameters are drawn from. */
export interface InitOptions {
  /** A safe integer; the same seed gives the same parameters, whatever else the tree holds. */
  readonly seed: number;
}

/**
 * Fresh parameters for a tree of specs. Each draws from a stream named by its path, so that adding a
 * parameter changes no other.
 * @throws OptionError for an initialiser whose numbers make no sense · DtypeError for random integers
 */
export function initParams<T>(specs: T, options: InitOptions): ParamsOf<T> {
  return mapTree(specs, (spec: ParamSpec, path) => initParam(spec, { ...options, path })) as ParamsOf<T>;
}

/** One fresh parameter. */
export function initParam(spec: ParamSpec, options: InitOptions & { readonly path: string }): HostTensor {
  const { shape, dtype, init } = spec;
  const at = `${formatSpec(spec)} at ${options.path}`;
  checkInitializer(init, at);
  if (!isFloat(dtype) && init.kind !== 'zeros' && init.kind !== 'ones') {
    const problem = `${at} cannot be drawn from '${init.kind}'`;
    throw new DtypeError({
      op: 'initParams',
      problem,
      likely: 'Integers begin as zeros or ones.',
      page: 'init-dtype',
      got: dtype,
    });
  }
  const values = new Float32Array(sizeOf(shape));
  fill(values, init, { seed: options.seed, stream: streamOf(options.path) });
  if ('zeroRow' in init && init.zeroRow !== undefined) {
    const rowSize = sizeOf(shape.slice(1));
    values.fill(0, init.zeroRow * rowSize, (init.zeroRow + 1) * rowSize);
  }
  return castTensor({ dtype: 'f32', shape, data: values }, dtype);
}

function checkInitializer(init: Initializer, at: string): void {
  const numbers = Object.entries(init).filter(([key]) => key !== 'kind' && key !== 'low' && key !== 'high');
  const isSound = numbers.every(
    ([, value]) => value === undefined || (Number.isFinite(value) && Number(value) >= 0),
  );
  const isOrdered = init.kind !== 'uniform' || init.low <= init.high;
  const isPositive = init.kind !== 'glorotUniform' || init.fanIn + init.fanOut > 0;
  if (KINDS.includes(init.kind) && isSound && isOrdered && isPositive) return;
  throw new OptionError({
    op: 'initParams',
    problem: `${JSON.stringify(init)} cannot initialise ${at}`,
    likely: `Kinds are ${KINDS.join(', ')}; deviations and fans are not negative, low is not above high.`,
    page: 'init-kind',
    got: init,
    needed: KINDS,
  });
}

const KINDS: readonly string[] = ['zeros', 'ones', 'normal', 'truncatedNormal', 'uniform', 'glorotUniform'];

interface Stream {
  readonly seed: number;
  readonly stream: number;
}

function fill(values: Float32Array, init: Initializer, stream: Stream): void {
  switch (init.kind) {
    case 'zeros':
      return;
    case 'ones':
      values.fill(1);
      return;
    case 'normal':
      return fillNormal(values, init.std, stream);
    case 'truncatedNormal':
      return fillTruncatedNormal(values, init.std, stream);
    case 'uniform':
      return fillUniform(values, [init.low, init.high], stream);
    case 'glorotUniform': {
      const limit = Math.sqrt(6 / (init.fanIn + init.fanOut));
      return fillUniform(values, [-limit, limit], stream);
    }
  }
}

const UNIT = 2 ** -32;

function drawWords(count: number, { seed, stream }: Stream): Int32Array {
  const [low, high] = rngKey(seed).data;
  const words = new Int32Array(count);
  randomBitsInto(words, [low!, high!], { stream, bitWidth: 32 });
  return words;
}

function fillUniform(values: Float32Array, [low, high]: readonly [number, number], stream: Stream): void {
  const words = drawWords(values.length, stream);
  for (let index = 0; index < values.length; index++) {
    values[index] = low + (high - low) * (((words[index]! >>> 0) + 0.5) * UNIT);
  }
}

/** Box–Muller, both of each pair used. */
function fillNormal(values: Float32Array, std: number, stream: Stream): void {
  const words = drawWords(values.length + (values.length % 2), stream);
  for (let index = 0; index < values.length; index += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(((words[index]! >>> 0) + 0.5) * UNIT));
    const angle = 2 * Math.PI * (words[index + 1]! >>> 0) * UNIT;
    values[index] = radius * Math.cos(angle);
    values[index + 1] = radius * Math.sin(angle); // a write past the end is dropped
  }
}

function fillTruncatedNormal(values: Float32Array, std: number, stream: Stream): void {
  fillNormal(values, 1, stream);
  const redraw = hostRandom(stream.seed, stream.stream ^ 0x7275_6e63);
  for (let index = 0; index < values.length; index++) {
    let value = values[index]!;
    while (Math.abs(value) > 2) value = redraw.normal();
    values[index] = value * std;
  }
}

/** FNV-1a over the UTF-16 units of a path. */
function streamOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index++)
    hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193);
  return hash | 0;
}

import type { DebugLevel, Log } from './backend.js';
import { OptionError, checkOptions } from './errors.js';
import type { Tensor } from './graph/graph.js';
import type { HostTensor, TensorSpec } from './spec.js';
import type { MapTree } from './tree.js';

/** How a function is compiled. */
export interface CompileOptions<Args> {
  /** Name in logs, dumps and errors; default 'compiled'. */
  readonly name?: string;
  /**
   * Members of the argument whose tensors are given up by a call: the result's member of the same name takes their
   * memory. `donate: ['params']` needs `params` in the result with the same tree and specs.
   */
  readonly donate?: readonly (keyof Args & string)[];
  /** Members whose values never change; they are handed over now, may be pre-packed, and are left out of calls. */
  readonly constants?: { readonly [K in keyof Args]?: MapTree<Args[K], Tensor, HostTensor> };
  /**
   * Specs of the other members (symbolic dimensions allowed), which calls must fit. The graph is compiled now; only
   * a backend without symbolic dimensions compiles symbolic specs at the calls, for the sizes that come.
   */
  readonly specs?: { readonly [K in keyof Args]?: MapTree<Args[K], Tensor, TensorSpec> };
  /** How many different shapes of the arguments may be compiled before a call throws; default 8. */
  readonly maxGraphs?: number;
  /** Default 0. */
  readonly debug?: DebugLevel;
  /** Where the lines of `debug` go; without it they go nowhere. */
  readonly log?: Log;
}

const KNOWN = ['name', 'donate', 'constants', 'specs', 'maxGraphs', 'debug', 'log'];

/**
 * Checks what types cannot say.
 * @throws OptionError for an unknown option or a value out of range
 */
export function checkCompileOptions<Args>(options: CompileOptions<Args>): void {
  checkOptions('compile', options, KNOWN);
  requireWhole('maxGraphs', options.maxGraphs, [1, Infinity]);
  requireWhole('debug', options.debug, [0, 4]);
}

function requireWhole(name: string, value: number | undefined, [low, high]: readonly [number, number]): void {
  if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return;
  throw new OptionError({
    op: 'compile',
    problem: `${name} is ${value}, needed a whole number in [${low}, ${high}]`,
    likely: 'Leave it out for the default.',
    page: 'option-value',
    got: value,
  });
}

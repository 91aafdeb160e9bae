import type { Capabilities, CompositeName, Node } from '@tesserae/tensor';
import { activations } from './activation.js';
import { lookups } from './attention.js';
import { dropouts } from './dropout.js';
import type { Lower, NativeComposite } from './lowering.js';
import { normalizations } from './normalization.js';
import { quantized } from './quantized.js';
import type { Target } from './target.js';

/** Composites with a lowering of their own; the others are decomposed by core. */
const NATIVE: { readonly [N in CompositeName]?: NativeComposite } = {
  ...activations,
  ...normalizations,
  ...dropouts,
  ...lookups,
  ...quantized,
};

/** The lowering of a composite, if it has one of its own. */
export function compositeLowering(op: string): Lower<never> | undefined {
  return NATIVE[op as CompositeName]?.lower;
}

/** What the compiler needs to know about composites on a target. */
export function compositeCapabilities(
  target: Target,
): Required<Pick<Capabilities, 'nativeComposites' | 'acceptsComposite'>> {
  const native = Object.entries(NATIVE).filter(([, { targets }]) => targets.includes(target));
  const acceptsComposite = (node: Node, usedOutputs: readonly boolean[]): boolean => {
    const { dtypes, accepts } = NATIVE[node.op as CompositeName]!;
    if (!dtypes.includes(node.inputs[0]!.spec.dtype)) return false;
    return accepts?.(node, usedOutputs, target) ?? true;
  };
  return { nativeComposites: new Set(native.map(([name]) => name)), acceptsComposite };
}

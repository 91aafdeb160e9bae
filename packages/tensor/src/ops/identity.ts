import { ALL_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { apply, defineComposite } from './define.js';

export const stopGradientOp = defineComposite<'stopGradient', Record<string, never>>({
  name: 'stopGradient',
  summary: 'The input itself, through which no gradient flows.',
  dtypes: ALL_DTYPES,
  infer: ([x]) => [x!],
  vjp: () => [null],
  samples: [{ inputs: [{ shape: [2, 3] }], params: {}, skipGradient: 'its gradient is zero by definition' }],
  decompose: ([x]) => [x!],
});

/** The input itself, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {});
}

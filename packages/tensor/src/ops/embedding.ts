import { FLOAT_DTYPES } from '../dtype.js';
import type { Tensor } from '../graph/graph.js';
import { formatSpec } from '../spec.js';
import { equal, where } from './compare.js';
import { apply, defineComposite } from './define.js';
import { gather, scatterAdd } from './indexing.js';
import { requireDtype, requireShape } from './infer.js';
import { expandDims } from './movement.js';

/** Parameters of embedding. */
type EmbeddingParams = {
  /** An id whose look-ups give the table no gradient (BERT's and ELECTRA's padding row); null: none. */
  readonly paddingId: number | null;
};

export const embeddingOp = defineComposite<'embedding', EmbeddingParams>({
  name: 'embedding',
  summary: 'Rows of a table [vocabSize, features] at i32 ids.',
  dtypes: FLOAT_DTYPES,
  infer: ([table, ids]) => {
    requireDtype('embedding', ids!, ['i32']);
    requireShape(table!.shape.length === 2, {
      op: 'embedding',
      problem: `table is ${formatSpec(table!)}`,
      likely: 'A table has two axes.',
      page: 'embedding-table',
    });
    return [{ dtype: table!.dtype, shape: [...ids!.shape, table!.shape[1]!] }];
  },
  vjp: ({ inputs: [table, ids], cotangent, params: { paddingId } }) => {
    const isPadding = paddingId === null ? undefined : expandDims(equal(ids!, paddingId), { axis: -1 });
    const updates = isPadding === undefined ? cotangent : where(isPadding, 0, cotangent);
    return [scatterAdd(ids!, updates, { axis: 0, size: table!.spec.shape[0]! }), null];
  },
  samples: [
    { inputs: [{ shape: [6, 3] }, { dtype: 'i32', shape: [2, 4], below: 6 }], params: { paddingId: null } },
    {
      inputs: [{ shape: [4, 2] }, { dtype: 'i32', shape: [3], values: [0, 2, 0] }],
      params: { paddingId: 0 },
      skipGradient: 'the padding row gives no gradient by definition',
    },
  ],
  decompose: ([table, ids]) => [gather(table!, ids!, { axis: 0 })],
});

/**
 * Rows of `table` [vocabSize, features] at `ids` (i32[...]) -> float[..., features].
 * @param options.paddingId  an id whose look-ups give the table no gradient, as PyTorch's padding_idx
 */
export function embedding(
  table: Tensor,
  ids: Tensor,
  { paddingId = null }: { readonly paddingId?: number | null } = {},
): Tensor {
  return apply(embeddingOp, [table, ids], { paddingId });
}

import type { Tensor } from '@tesserae/tensor';

/** The factors of an adapter: A is [rank, inputs], B is [outputs, rank]. */
export interface LoraFactors<Leaf = Tensor> {
  readonly a: Leaf;
  readonly b: Leaf;
}

/** What is trained: factors by the path of their matrix, and whole parameters by theirs. */
export interface LoraParams<Leaf = Tensor> {
  readonly lora: Readonly<Record<string, LoraFactors<Leaf>>>;
  readonly whole: Readonly<Record<string, Leaf>>;
}

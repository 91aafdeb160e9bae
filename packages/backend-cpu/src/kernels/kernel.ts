import type { Dim, DType, HostArray, PrimitiveName, PrimitiveParams } from '@tesserae/tensor';

/**
 * A value as kernels see it: row-major elements as plain numbers.
 * 16-bit floats arrive widened in a Float64Array, in f64 mode every float does; integers keep their type, so that
 * writing an element rounds, truncates or wraps it as the dtype demands.
 */
export interface KernelArray {
  /** The dtype the graph gives it, which decides what an op means. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/** Parameters with every symbolic size replaced by its number. */
export type BoundParams<P> = {
  readonly [K in keyof P]: readonly Dim[] extends P[K] ? readonly number[] : Dim extends P[K] ? number : P[K];
};

/** What a kernel is given. `outputs` hold leftovers of earlier values: a kernel writes every element. */
export interface KernelContext<P> {
  readonly inputs: readonly KernelArray[];
  readonly outputs: readonly KernelArray[];
  readonly params: BoundParams<P>;
  readonly options: KernelOptions;
}

/** Choices of the backend that a kernel may follow. */
export interface KernelOptions {
  readonly matmul: 'plain' | 'blocked';
}

/** Computes one node. A long one is a generator that yields now and then, so that timers can run. */
export type Kernel<P> = (context: KernelContext<P>) => void | Generator<void>;

/** The kernel of the primitive `N`. */
export type CpuKernel<N extends PrimitiveName> = Kernel<PrimitiveParams<N>>;

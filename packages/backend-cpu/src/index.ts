export type { CpuBackendOptions } from './backend.js';
export { createCpuBackend } from './backend.js';
export type { CpuKernel, Kernel, KernelArray, KernelContext, KernelOptions } from './kernels/kernel.js';
export { cpuKernels } from './kernels/table.js';

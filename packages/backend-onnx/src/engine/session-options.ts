import type { OrtSessionOptions } from '../ort-like.js';
import type { EngineSettings } from './host.js';

/** Options of every session: what the adapter wants, then what the user said. */
export function sessionOptions(settings: EngineSettings): OrtSessionOptions {
  const { executionProviders, threads, sessionOptions: own } = settings;
  return {
    executionProviders,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 4, // errors are thrown, ONNX Runtime need not print them
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    ...own,
  };
}

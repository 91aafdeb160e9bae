import type { OrtSessionOptions } from '../ort-like.js';
import type { EngineSettings } from './host.js';

/**
 * Models with more operators than this are opened as they are. ONNX Runtime's rewriting takes about 0.3 ms an
 * operator and finds nothing to do in a lowered training step: of 4,956 operators it removed 8, in 1.4 s.
 */
const REWRITTEN_OPERATORS = 1500;

/** Options of a session over a model of so many operators: what the adapter wants, then what the user said. */
export function sessionOptions(settings: EngineSettings, operators: number): OrtSessionOptions {
  const { executionProviders, threads, sessionOptions: own } = settings;
  return {
    executionProviders,
    executionMode: 'sequential',
    graphOptimizationLevel: operators > REWRITTEN_OPERATORS ? 'disabled' : 'basic',
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 4, // errors are thrown, ONNX Runtime need not print them
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    ...own,
  };
}

import type { OrtSessionOptions } from '../ort-like.js';
import type { EngineSettings } from './host.js';

/**
 * Models with more operators than this are opened as they are. ONNX Runtime's rewriting takes about 0.3 ms an
 * operator and finds nothing to do in a lowered training step: of 4,956 operators it removed 8, in 1.4 s.
 */
const LARGE_OPERATORS = 1500;

/**
 * How the threads of a session wait for work. Between the small operators of an inference graph they wait busily,
 * which saves up to a third of the time (2.9 against 4.3 ms), but not longer than a run. In a training step the
 * operators are long, and a busy wait only takes the core from the host thread and from other processes.
 */
function threadOptions(isLarge: boolean): OrtSessionOptions {
  return { session: { force_spinning_stop: '1', intra_op: { allow_spinning: isLarge ? '0' : '1' } } };
}

/** Options of a session over a model of so many operators: what the adapter wants, then what the user said. */
export function sessionOptions(settings: EngineSettings, operators: number): OrtSessionOptions {
  const { executionProviders, threads, sessionOptions: own } = settings;
  const isLarge = operators > LARGE_OPERATORS;
  return {
    executionProviders,
    executionMode: 'sequential',
    graphOptimizationLevel: isLarge ? 'disabled' : 'basic',
    enableCpuMemArena: true,
    enableMemPattern: true,
    extra: threadOptions(isLarge),
    logSeverityLevel: 4, // errors are thrown, ONNX Runtime need not print them
    ...(threads === undefined ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    ...own,
  };
}

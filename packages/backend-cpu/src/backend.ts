import type { Backend, DeviceTensor, HostArray, HostTensor } from '@tesserae/tensor';
import { ALL_DTYPES, OptionError, OwnershipError, checkOptions } from '@tesserae/tensor';
import { CpuTensor } from './cpu-tensor.js';
import type { CpuSession } from './executable.js';
import { CpuExecutable } from './executable.js';
import type { Precision } from './storage.js';
import { storeHost, storedDtype } from './storage.js';

/** Options of the reference backend. */
export interface CpuBackendOptions {
  /**
   * 'storage' (default): every op rounds to its dtype. 'f64': every float is computed and held in double whatever
   * the graph says, and downloads as f64; for gradient checks.
   */
  readonly precision?: Precision;
  /** 'plain' (default): the definition. 'blocked': register tiles over packed panels; the same sums, faster. */
  readonly matmul?: 'plain' | 'blocked';
}

const CHOICES = { precision: ['storage', 'f64'], matmul: ['plain', 'blocked'] } as const;

/**
 * The reference backend: the definition of every op, in plain loops, without dependencies.
 * Runs are computed one after the other on the calling thread; timers get a turn about every 50 ms.
 * @throws OptionError for an unknown option or value
 */
export function createCpuBackend(options: CpuBackendOptions = {}): Backend {
  const { precision = 'storage', matmul = 'plain' } = options;
  checkOptions('createCpuBackend', options, Object.keys(CHOICES));
  checkChoice('precision', precision);
  checkChoice('matmul', matmul);
  const owner = {};
  const queue = createQueue();
  const { requireOpen, enqueue } = queue;
  const session: CpuSession = { owner, precision, kernels: { matmul }, requireOpen, enqueue };
  return {
    name: 'cpu',
    capabilities: { dtypes: ALL_DTYPES, symbolicDims: true, nativeComposites: new Set() },
    compile: async (graph, compileOptions) => {
      requireOpen('compile');
      return new CpuExecutable(graph, compileOptions, session);
    },
    upload: (value) => {
      requireOpen('upload');
      const { dtype, shape } = value;
      return new CpuTensor({ dtype, shape }, { data: storeHost(value, { precision }), owner });
    },
    download: async (value) => {
      requireOpen('download');
      return download(value, { owner, precision });
    },
    close: queue.close,
  };
}

function download(
  value: DeviceTensor,
  { owner, precision }: { readonly owner: object; readonly precision: Precision },
): HostTensor {
  if (!(value instanceof CpuTensor) || value.owner !== owner) {
    throw new OwnershipError({
      op: 'download',
      problem: 'the tensor belongs to another backend',
      likely: 'Download it with the backend that made it.',
      page: 'tensor-foreign',
    });
  }
  const { dtype, shape } = value.spec;
  return { dtype: storedDtype(dtype, precision), shape, data: value.read('download').slice() as HostArray };
}

/** Runs jobs in the order they came, until it is closed; a job that fails does not hold up the next. */
function createQueue() {
  let isClosed = false;
  let last: Promise<unknown> = Promise.resolve();
  const requireOpen = (op: string): void => {
    if (!isClosed) return;
    throw new OwnershipError({
      op,
      problem: 'the backend was closed',
      likely: 'Close it after the last use of anything it made.',
      page: 'backend-closed',
    });
  };
  return {
    requireOpen,
    enqueue: async <T>(job: () => Promise<T>): Promise<T> => {
      const done = last.then(job);
      last = done.catch(() => undefined);
      return done;
    },
    /** Waits for the jobs under way, then refuses new ones. */
    close: async (): Promise<void> => {
      isClosed = true;
      await last;
    },
  };
}

function checkChoice(name: keyof typeof CHOICES, value: string): void {
  const known: readonly string[] = CHOICES[name];
  if (known.includes(value)) return;
  throw new OptionError({
    op: 'createCpuBackend',
    problem: `${name} is '${value}'; known are ${known.join(', ')}`,
    page: 'unknown-option',
    got: value,
    needed: known,
  });
}

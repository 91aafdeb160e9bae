import type { Backend, DeviceTensor, Executable } from '@tesserae/tensor';
import { OwnershipError } from '@tesserae/tensor';

/** Calls of each method so far. */
export type CallCounts = Record<'compile' | 'run' | 'upload' | 'download' | 'release' | 'close', number>;

/**
 * A backend as a stranger would write one: it knows the public contract and nothing else. It counts calls and has
 * another backend do the work, behind device tensors of its own.
 */
export function createCountingBackend(inner: Backend): {
  readonly backend: Backend;
  readonly counts: CallCounts;
} {
  const counts: CallCounts = { compile: 0, run: 0, upload: 0, download: 0, release: 0, close: 0 };
  const hidden = new WeakMap<DeviceTensor, DeviceTensor>();

  const wrap = (tensor: DeviceTensor): DeviceTensor => {
    const release = (): void => {
      counts.release++;
      tensor.release();
    };
    const own: DeviceTensor = { spec: tensor.spec, release, [Symbol.dispose]: release };
    hidden.set(own, tensor);
    return own;
  };
  const unwrap = (tensor: DeviceTensor): DeviceTensor => {
    const found = hidden.get(tensor);
    if (found === undefined)
      throw new OwnershipError({ op: 'counting', problem: 'a tensor of another backend' });
    return found;
  };

  const backend: Backend = {
    name: 'counting',
    capabilities: { ...inner.capabilities, nativeComposites: new Set() },
    compile: async (graph, options): Promise<Executable> => {
      counts.compile++;
      const executable = await inner.compile(graph, options);
      return {
        run: async (inputs) => {
          counts.run++;
          const outputs = await executable.run(inputs.map(unwrap));
          return outputs.map(wrap);
        },
        release: () => executable.release(),
      };
    },
    upload: (value) => {
      counts.upload++;
      return wrap(inner.upload(value));
    },
    download: (value) => {
      counts.download++;
      return inner.download(unwrap(value));
    },
    close: () => {
      counts.close++;
      return inner.close();
    },
  };
  return { backend, counts };
}

import type { Backend, DeviceTensor, Executable } from '@tesserae/tensor';
import { sizeInBytes } from '@tesserae/tensor';

/** A backend that counts what its callers hold: tensors uploaded or computed, not yet released or donated. */
export interface CountedBackend extends Backend {
  readonly liveCount: number;
  readonly liveBytes: number;
}

/** Counts on top of any backend. Tensors are the backend's own, watched through their `release`. */
export function countLiveTensors(backend: Backend): CountedBackend {
  const live = new Set<DeviceTensor>();
  const watch = (tensor: DeviceTensor): DeviceTensor => {
    live.add(tensor);
    const release = tensor.release.bind(tensor);
    tensor.release = () => {
      live.delete(tensor);
      release();
    };
    return tensor;
  };
  const watchRuns = (executable: Executable, donated: readonly number[]): Executable => ({
    run: async (inputs) => {
      const outputs = await executable.run(inputs);
      for (const index of donated) live.delete(inputs[index]!);
      return outputs.map(watch);
    },
    release: () => executable.release(),
  });
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    compile: async (graph, options) => {
      const passed = graph.inputs.flatMap((_, index) => (options.constants.has(index) ? [] : [index]));
      const donated = graph.aliases.map(({ input }) => passed.indexOf(input));
      return watchRuns(await backend.compile(graph, options), donated);
    },
    upload: (value) => watch(backend.upload(value)),
    download: (value) => backend.download(value),
    close: () => backend.close(),
    get liveCount() {
      return live.size;
    },
    get liveBytes() {
      return [...live].reduce((sum, { spec }) => sum + sizeInBytes(spec), 0);
    },
  };
}

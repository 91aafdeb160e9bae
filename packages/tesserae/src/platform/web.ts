import { createCpuBackend } from '@tesserae/backend-cpu';
import { BackendError, OptionError } from '@tesserae/tensor';
import type { Platform } from './platform.js';

function needsFolder(op: string, what: string): never {
  throw new OptionError({
    op,
    problem: `${what} has no meaning in a browser`,
    likely:
      'Pass a ModelFolder, for instance memoryFolder(name, files) with fetched files; modelFiles(model) gives what to save.',
    page: 'browser-folder',
  });
}

/** Browsers: models come as folders in memory; ONNX Runtime Web when the page has it, else plain loops. */
export const platform: Platform = {
  openModel: async (source) => needsFolder('fromPretrained', `the path or id '${source}'`),
  createDefaultBackend: async () => {
    try {
      const { createOnnxWebBackend } = await import('@tesserae/backend-onnx/web');
      return await createOnnxWebBackend();
    } catch (error) {
      if (error instanceof BackendError && error.code === 'onnx-runtime-missing') return createCpuBackend();
      throw error;
    }
  },
  openRunLog: async (path) => needsFolder('fit', `the folder '${path}' (logDir)`),
  saveModel: async (path) => needsFolder('savePretrained', `the path '${path}'`),
};

import { createCpuBackend } from '@tesserae/backend-cpu';
import { BackendError } from '@tesserae/tensor';
import { folderLogger, writeReport } from '@tesserae/training/node';
import { hubFolder, saveFolder } from '@tesserae/weights/node';
import type { Platform } from './platform.js';

/** Node: folders and the hub on disk; ONNX Runtime when it is installed, else plain loops. */
export const platform: Platform = {
  openModel: (source, options) => hubFolder(source, options),
  createDefaultBackend: async () => {
    try {
      const { createOnnxNodeBackend } = await import('@tesserae/backend-onnx/node');
      return await createOnnxNodeBackend();
    } catch (error) {
      if (error instanceof BackendError && error.code === 'onnx-runtime-missing') return createCpuBackend();
      throw error;
    }
  },
  openRunLog: async (path, about) => {
    const logger = await folderLogger(path);
    return {
      log: (event) => logger.log(event),
      close: async () => {
        await logger.close();
        await writeReport(path, about);
      },
    };
  },
  saveModel: (path, files, { overwrite }) => saveFolder(path, files, { overwrite }),
};

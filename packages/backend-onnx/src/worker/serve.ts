import type { HostTensor } from '@tesserae/tensor';
import type { EngineHost } from '../engine/host.js';
import type { WorkerReply, WorkerRequest } from './channel.js';
import { toPortable } from './portable-error.js';

/** Posts an answer; `transfer` names the buffers that move instead of being copied. */
type PostReply = (reply: WorkerReply, transfer: readonly ArrayBuffer[]) => void;

/** Serves one request of the caller's thread. */
export async function serve(engine: EngineHost, request: WorkerRequest, post: PostReply): Promise<void> {
  switch (request.kind) {
    case 'upload':
      return engine.upload(request.tensor, request.value);
    case 'releaseTensor':
      return engine.releaseTensor(request.tensor);
    case 'releaseProgram':
      return engine.releaseProgram(request.program);
    default:
      try {
        const result = await answer(engine, request);
        const transfer = request.kind === 'download' ? [(result as HostTensor).data.buffer] : [];
        post({ call: request.call, result }, transfer);
      } catch (error) {
        post({ call: request.call, error: toPortable(error) }, []);
      }
  }
}

type Call = Extract<WorkerRequest, { readonly call: number }>;

function answer(engine: EngineHost, request: Call): Promise<unknown> {
  switch (request.kind) {
    case 'load':
      return engine.load(request.program);
    case 'run':
      return engine.run(request.request);
    case 'download':
      return engine.download(request.tensor);
    case 'close':
      return engine.close();
  }
}

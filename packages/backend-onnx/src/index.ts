export { createOnnxBackend } from './backend.js';
export type { OnnxBackendOptions } from './options.js';
export type {
  ExecutionProvider,
  OrtLike,
  OrtSessionLike,
  OrtSessionOptions,
  OrtTensorLike,
} from './ort-like.js';
export type { ToOnnxOptions } from './to-onnx.js';
export { toOnnx } from './to-onnx.js';
export type { EngineSettings, ProgramSource, RunRequest, RunShapes } from './engine/host.js';
export type {
  PortableError,
  WorkerChannel,
  WorkerReply,
  WorkerRequest,
  WorkerStarter,
} from './worker/channel.js';

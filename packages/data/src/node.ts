export type { FindFilesOptions } from './readers/node/find-files.js';
export { findFiles, stdinFile } from './readers/node/find-files.js';
export { pathFile } from './readers/node/path-file.js';
export type {
  DocumentSource,
  PreparedDocument,
  PrepareOptions,
  PrepareProgress,
  PrepareResult,
} from './shards/node/prepare-options.js';
export { prepareShards } from './shards/node/prepare.js';
export { openShardFolder } from './shards/node/shard-folder.js';
export type { StreamOpener, WorkerStreamOptions } from './shards/node/worker-stream.js';
export { workerStream } from './shards/node/worker-stream.js';

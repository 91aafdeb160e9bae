export type { FindFilesOptions } from './readers/node/find-files.js';
export { findFiles, stdinFile } from './readers/node/find-files.js';
export { pathFile } from './readers/node/path-file.js';

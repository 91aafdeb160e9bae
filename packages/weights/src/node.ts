export type { HubOptions } from './node/hub.js';
export { hubFolder } from './node/hub.js';
export type { DownloadProgress } from './node/download.js';
export { fileSource } from './node/files.js';
export type { OpenFolderOptions } from './node/folder.js';
export { openFolder } from './node/folder.js';
export type { SaveFolderOptions, SavedContent } from './node/save-folder.js';
export { saveFolder } from './node/save-folder.js';

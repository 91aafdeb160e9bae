export { folderCheckpointStore } from './node/folder-store.js';

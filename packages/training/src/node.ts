export { folderCheckpointStore } from './node/folder-store.js';
export type { LogKind } from './node/run-log.js';
export { CURVES_FILE, EVENTS_FILE, folderLogger, readRunLog } from './node/run-log.js';
export { REPORT_FILE, writeReport } from './node/run-report.js';

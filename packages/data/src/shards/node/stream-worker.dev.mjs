/** Runs the worker from its TypeScript source inside the workspace; packages contain stream-worker.js instead. */
import { register } from 'tsx/esm/api';

register();
await import('./stream-worker.ts');

/** Runs the worker from its TypeScript source inside the workspace; packages contain prepare-worker.js instead. */
import { register } from 'tsx/esm/api';

register();
await import('./prepare-worker.ts');

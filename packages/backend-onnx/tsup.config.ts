import { packageBuild } from '../../tools/config/tsup.base.ts';
export default packageBuild(import.meta.url, { extraEntries: { worker: './src/worker/node-worker.ts' } });

import { packageBuild } from '../../tools/config/tsup.base.ts';
export default packageBuild(import.meta.url, {
  extraEntries: {
    'prepare-worker': './src/shards/node/prepare-worker.ts',
    'stream-worker': './src/shards/node/stream-worker.ts',
  },
});

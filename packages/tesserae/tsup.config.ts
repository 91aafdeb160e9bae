import { packageBuild } from '../../tools/config/tsup.base.ts';
export default packageBuild(import.meta.url, {
  extraEntries: { 'platform-node': './src/platform/node.ts', 'platform-web': './src/platform/web.ts' },
});

import { packageBuild } from '../../tools/config/tsup.base.ts';
export default packageBuild(import.meta.url);

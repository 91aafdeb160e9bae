import { packageTests } from '../../tools/config/vitest.base.ts';
export default packageTests();

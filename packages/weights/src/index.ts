export type { Initializer, ParamSpec, ParamSpecOptions, ParamTree, ParamsOf } from './param-spec.js';
export { paramSpec } from './param-spec.js';
export { linearSpec, normSpec, normalSpec } from './layer-specs.js';

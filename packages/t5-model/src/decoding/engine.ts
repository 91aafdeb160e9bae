import type { Backend, HostTensor } from '@tesserae/tensor';
import type { T5Config } from '../config.js';
import type { T5Params } from '../params.js';
import { createPlainEngine } from './plain-engine.js';
import type { DecodingEngine } from './session.js';

/** Compiles a model for decoding on a backend. */
export function createDecodingEngine(
  params: T5Params<HostTensor>,
  config: T5Config,
  backend: Backend,
): Promise<DecodingEngine> {
  return createPlainEngine(params, { config, backend });
}

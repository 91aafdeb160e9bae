import { expect, it } from 'vitest';
import { configText } from './config-text.js';

it('writes whole numbers of float keys as floats, and nothing else', () => {
  const json = {
    initializer_factor: 1,
    layer_norm_eps: 1e-12,
    d_model: 512,
    task_specific_params: { a: { initializer_factor: 1 } },
  };
  const text = configText(json);
  expect(text).toContain('"initializer_factor": 1.0,\n');
  expect(text).toContain('"layer_norm_eps": 1e-12');
  expect(text).toContain('"d_model": 512,');
  expect(text.match(/1\.0/g)).toHaveLength(1);
  expect(JSON.parse(text)).toEqual(json);
  expect(configText({ initializer_range: 1 })).toBe('{\n  "initializer_range": 1.0\n}\n');
});

import { describe, expect, it } from 'vitest';
import { workerFlags } from './node-channel.js';

describe('flags of a worker', () => {
  it('are those of the process, but for how the text of --eval is read', () => {
    expect(workerFlags(['--conditions=x', '--input-type=module', '--no-warnings'])).toEqual([
      '--conditions=x',
      '--no-warnings',
    ]);
    expect(workerFlags(['--input-type', 'module', '--no-warnings'])).toEqual(['--no-warnings']);
  });
});

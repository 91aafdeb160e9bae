import { ConfigError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { configFields } from './config-fields.js';

const fieldsOf = (json: Record<string, unknown>) =>
  configFields(json, { op: 'TestConfig', file: 'm/config.json' });

describe('configFields', () => {
  it('takes the fallback for absent keys and null', () => {
    const read = fieldsOf({ size: null });
    expect(read.count('size', 3)).toBe(3);
    expect(read.flag('isTied', true)).toBe(true);
    expect(read.text('name', 't5')).toBe('t5');
  });

  it('takes values of the right kind', () => {
    const read = fieldsOf({ size: 7, pad: 0, rate: 1, epsilon: 1e-6, act: 'gelu_new', flag: false });
    expect(read.count('size', 1)).toBe(7);
    expect(read.id('pad', 5)).toBe(0);
    expect(read.share('rate', 0)).toBe(1);
    expect(read.number('epsilon', 1)).toBe(1e-6);
    expect(read.activation('act', 'relu')).toBe('gelu_new');
    expect(read.flag('flag', true)).toBe(false);
  });

  it.each<[string, unknown, (read: ReturnType<typeof fieldsOf>) => unknown]>([
    ['a size of 0', 0, (read) => read.count('key', 1)],
    ['a size with a fraction', 1.5, (read) => read.count('key', 1)],
    ['a size in quotes', '8', (read) => read.count('key', 1)],
    ['a size beyond 32 bits', 2 ** 31, (read) => read.count('key', 1)],
    ['a list beyond its bound', 11, (read) => read.count('key', 1, { most: 10 })],
    ['a negative id', -1, (read) => read.id('key', 0)],
    ['a rate above 1', 1.1, (read) => read.share('key', 0)],
    ['a rate below 0', -0.1, (read) => read.share('key', 0)],
    ['a number in a list', [1], (read) => read.number('key', 0)],
    ['a text that is none', 5, (read) => read.text('key', '')],
    ['a flag in quotes', 'true', (read) => read.flag('key', true)],
    ['an unknown activation', 'gleu', (read) => read.activation('key', 'gelu')],
    ['an inherited name', 'toString', (read) => read.activation('key', 'gelu')],
  ])('refuses %s, naming file, key and value', (_, value, call) => {
    expect(() => call(fieldsOf({ key: value }))).toThrow(ConfigError);
    expect(() => call(fieldsOf({ key: value }))).toThrow(/'key' is .*needed/);
    expect(() => call(fieldsOf({ key: value }))).toThrow(/m\/config\.json/);
  });
});

import { ConfigError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { nameMap } from './name-map.js';

const map = nameMap(
  {
    shared: 'shared.weight',
    'encoder.positionBias': 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight',
    'encoder.blocks.{n}.attention.query': 'encoder.block.{n}.layer.0.SelfAttention.q.weight',
    'encoder.blocks.{n}.attention.key': 'encoder.block.{n}.layer.0.SelfAttention.k.weight',
    'experts.{layer}.{expert}.wi': 'mlp.{expert}.of.{layer}.wi',
  },
  {
    aliases: { 'encoder.embed_tokens.weight': 'shared.weight' },
    ignored: [/position_ids$/, 'surplus.{n}.bias'],
  },
);

describe('nameMap', () => {
  it('is a bijection over the paths of a model', () => {
    const paths = ['shared', 'encoder.positionBias'];
    for (let n = 0; n < 12; n++)
      paths.push(`encoder.blocks.${n}.attention.query`, `encoder.blocks.${n}.attention.key`);
    for (let n = 0; n < 3; n++) paths.push(`experts.${n}.${n + 10}.wi`);
    const names = paths.map((path) => map.toCheckpoint(path));
    expect(names).not.toContain(undefined);
    expect(new Set(names).size).toBe(paths.length);
    expect(names.map((name) => map.fromCheckpoint(name!))).toEqual(paths);
  });

  it('moves placeholders by name, not by place', () => {
    expect(map.toCheckpoint('experts.1.20.wi')).toBe('mlp.20.of.1.wi');
  });

  it('takes dots literally and numbers only in their usual form', () => {
    expect(map.toCheckpoint('encoderxblocks.0.attention.query')).toBeUndefined();
    expect(map.toCheckpoint('encoder.blocks.01.attention.query')).toBeUndefined();
    expect(map.fromCheckpoint('encoder.block.x.layer.0.SelfAttention.q.weight')).toBeUndefined();
  });

  it('gives nothing for a literal entry that hides a pattern on the other side', () => {
    const hidden = nameMap({ 'a.0': 'z', 'a.{n}': 'b.{n}' });
    expect(hidden.toCheckpoint('a.0')).toBe('z');
    expect(hidden.fromCheckpoint('b.0')).toBeUndefined();
    expect(hidden.fromCheckpoint('b.1')).toBe('a.1');
  });

  it('knows aliases and surplus names', () => {
    expect(map.canonicalName('encoder.embed_tokens.weight')).toBe('shared.weight');
    expect(map.canonicalName('shared.weight')).toBeUndefined();
    expect(map.isIgnored('electra.embeddings.position_ids')).toBe(true);
    expect(map.isIgnored('surplus.3.bias')).toBe(true);
    expect(map.isIgnored('surplus.3.weight')).toBe(false);
  });

  it('refuses sides with other placeholders, and two entries with one name', () => {
    expect(() => nameMap({ 'a.{n}': 'b.{m}' })).toThrow(ConfigError);
    expect(() => nameMap({ 'a.{n}': 'b' })).toThrow(ConfigError);
    expect(() => nameMap({ a: 'c', b: 'c' })).toThrow(/same side of two entries/);
  });
});

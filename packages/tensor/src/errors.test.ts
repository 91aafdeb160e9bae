import { describe, expect, it } from 'vitest';
import { FormatError, OptionError, ShapeError, TesseraeError, checkOptions, inScope } from './errors.js';

describe('a TesseraeError', () => {
  const facts = {
    op: 'readHeader',
    problem: 'the header ends early',
    likely: 'The file is truncated.',
    page: 'safetensors-header',
    got: 7,
    needed: 8,
    file: 'model.safetensors',
    cause: new RangeError('offset'),
  };

  it('is laid out as the house style says: problem, file, likely cause, page', () => {
    expect(new FormatError(facts).message).toBe(
      [
        '[readHeader]: the header ends early',
        '  in model.safetensors',
        '  Likely: The file is truncated.',
        '  docs/errors.md#safetensors-header',
      ].join('\n'),
    );
  });

  it('carries the facts as fields, a stable code and its origin', () => {
    const error = new FormatError(facts);
    expect(error.facts).toBe(facts);
    expect(error.code).toBe('safetensors-header');
    expect(error.cause).toBe(facts.cause);
    expect(error.name).toBe('FormatError');
    expect(error).toBeInstanceOf(TesseraeError);
    expect(error.stack).toContain('the header ends early');
  });

  it('says only what it knows', () => {
    const error = new ShapeError({ op: 'add', problem: 'no' });
    expect(error.message).toBe('[add]: no');
    expect(error.code).toBe('ShapeError');
    expect('cause' in error).toBe(false);
  });
});

describe('inScope', () => {
  const fail = (): never => {
    throw new ShapeError({ op: 'matmul', problem: 'inner sizes differ', page: 'matmul-inner-size' });
  };

  it('adds the enclosing scopes to the message, outermost first', () => {
    const nested = (): never => inScope('encoder', () => inScope('blocks.3', fail));
    expect(nested).toThrow(
      '[matmul]: inner sizes differ\n  at encoder.blocks.3\n  docs/errors.md#matmul-inner-size',
    );
  });

  it('passes results and foreign errors through', () => {
    const foreign = new RangeError('no');
    expect(inScope('x', () => 5)).toBe(5);
    expect(() =>
      inScope('x', () => {
        throw foreign;
      }),
    ).toThrow(foreign);
  });
});

describe('checkOptions', () => {
  const known = ['maxGraphs', 'donate', 'debug'];

  it('accepts known options', () => {
    expect(() => checkOptions('compile', { donate: [], debug: undefined }, known)).not.toThrow();
  });

  it('names an unknown option, those that are known, and the nearest one', () => {
    const attempt = (): void => checkOptions('compile', { maxgraph: 3 }, known);
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow("unknown option 'maxgraph'; known are maxGraphs, donate, debug");
    expect(attempt).toThrow("Did you mean 'maxGraphs'?");
  });

  it('proposes nothing when nothing is near', () => {
    expect(() => checkOptions('compile', { verbose: true }, known)).toThrow('Likely: Remove it.');
  });
});

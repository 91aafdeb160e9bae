import { ShapeError } from '@tesserae/tensor';
import { describe, expect, it } from 'vitest';
import { fromPortable, toPortable } from './portable-error.js';

const across = (error: unknown): Error => fromPortable(structuredClone(toPortable(error)));

describe('errors that cross from the worker', () => {
  it('keep their class, message and facts', () => {
    const facts = {
      op: 'matmul',
      problem: 'inner sizes differ',
      likely: 'Check dModel.',
      page: 'x',
      got: [2, 3],
    };
    const error = across(new ShapeError(facts));
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as ShapeError).facts).toEqual(facts);
    expect(error.message).toBe(new ShapeError(facts).message);
  });

  it('keep the message of a cause that is an error', () => {
    const error = across(new ShapeError({ op: 'run', problem: 'failed', cause: new Error('why') }));
    expect((error as ShapeError).facts.cause).toBe('why');
  });

  it('keep the message of foreign errors', () => {
    expect(across(new TypeError('odd')).message).toBe('odd');
    expect(across('thrown text').message).toBe('thrown text');
  });
});

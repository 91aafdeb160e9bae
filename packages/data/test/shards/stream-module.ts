import { setTimeout as pause } from 'node:timers/promises';
import type { StreamOpener } from '../../src/node.js';
import { DataError } from '../../src/errors.js';

interface Job {
  readonly length: number;
  /** What happens at an item. */
  readonly failAt?: number;
  readonly kind?: 'data' | 'other' | 'exit';
}

/** Squares in typed arrays, made at uneven speed. */
export const open: StreamOpener<{ readonly at: number; readonly square: Int32Array }, Job> =
  async function* ({ worker: { index, count }, data: { length, failAt, kind } }) {
    for (let at = index; at < length; at += count) {
      if (at % 7 === index) await pause(1);
      if (at === failAt && kind === 'exit') process.exit(3);
      if (at === failAt && kind === 'data') {
        throw new DataError({ op: 'test', problem: 'the eleventh', page: 'data-record', line: at });
      }
      if (at === failAt) throw new RangeError('out of luck');
      yield { at, square: Int32Array.of(at * at) };
    }
  };

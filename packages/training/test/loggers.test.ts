import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crc32c } from '../src/loggers/crc32c.js';
import { throughputMeter, trainingFlopsPerToken } from '../src/loggers/throughput.js';
import { folderLogger, readRunLog } from '../src/node/run-log.js';
import { writeReport } from '../src/node/run-report.js';
import type { StepEvent, TrainerEvent } from '../src/trainer/events.js';

const stepEvent = (step: number, changes: Partial<StepEvent> = {}): StepEvent => ({
  type: 'step',
  step,
  totalSteps: 4,
  epoch: step / 2,
  loss: 1 / step,
  gradNorm: 2,
  learningRate: 0.1,
  elapsedMs: 100,
  dataMs: 1,
  numExamples: 8,
  numTokens: 50,
  tokensPerSecond: 500,
  ...changes,
});

const start = (step: number): TrainerEvent => ({
  type: 'start',
  step,
  totalSteps: 4,
  numParameters: 30,
  numTrained: 20,
});
const evaluation: TrainerEvent = {
  type: 'evaluation',
  step: 2,
  metrics: { 'f1, macro': 0.5, loss: NaN },
  isBest: true,
  elapsedMs: 5,
};
const end: TrainerEvent = {
  type: 'end',
  step: 4,
  reason: 'steps',
  elapsedMs: 1000,
  best: { step: 2, metric: 'f1, macro', value: 0.5, metrics: {} },
};
const RUN = [start(0), stepEvent(1), stepEvent(2), evaluation, stepEvent(3), stepEvent(4), end];

interface Read {
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** An event file by the rules of TFRecord and protocol buffers, written anew here. */
function readEventFile(file: Buffer): readonly Read[] {
  const found: Read[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const data = file.subarray(at + 12, at + 12 + length);
    for (const [part, place] of [
      [file.subarray(at, at + 8), at + 8],
      [data, at + 12 + length],
    ] as const) {
      const stored = (file.readUInt32LE(place) - 0xa282ead8) >>> 0;
      expect(((stored >>> 17) | (stored << 15)) >>> 0).toBe(crc32c(part));
    }
    at += length + 16;
    const scalars: Record<string, number> = {};
    let step = 0;
    for (const [field, value] of fieldsOf(data)) {
      if (field === 2) step = value as number;
      if (field !== 5) continue;
      for (const [, summary] of fieldsOf(value as Buffer)) {
        const parts = new Map(fieldsOf(summary as Buffer));
        scalars[(parts.get(1) as Buffer).toString()] = (parts.get(2) as Buffer).readFloatLE(0);
      }
    }
    found.push({ step, scalars });
  }
  return found;
}

function fieldsOf(data: Buffer): [number, number | Buffer][] {
  const fields: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = data[at++]!;
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const take = (size: number): Buffer => data.subarray(at, (at += size));
    const value = [varint, () => take(8), () => take(varint()), undefined, undefined, () => take(4)][
      key & 7
    ]!();
    fields.push([key >>> 3, value]);
  }
  return fields;
}

describe('folderLogger', () => {
  let root: string;
  beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'tesserae-log-'))));
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function logged(name: string, runs: readonly (readonly TrainerEvent[])[]): Promise<string> {
    const folder = join(root, name);
    for (const run of runs) {
      const logger = await folderLogger(folder);
      for (const event of run) await logger.log(event);
      await logger.close();
    }
    return folder;
  }

  it('keeps every event, and the curves as rows', async () => {
    const folder = await logged('whole', [RUN]);
    expect(await readRunLog(folder)).toEqual(RUN);
    const rows = (await readFile(join(folder, 'curves.csv'), 'utf8')).split('\n');
    expect(rows[0]).toBe('step,epoch,name,value');
    expect(rows[1]).toBe('1,0.5,train/loss,1');
    expect(rows).toContain('2,,"eval/f1, macro",0.5');
    expect(rows).toHaveLength(1 + 4 * 6 + 2 + 1);
  });

  it('writes files that TensorBoard reads', async () => {
    const folder = await logged('board', [RUN]);
    const [file] = (await readdir(folder)).filter((name) => name.startsWith('events.out.tfevents.'));
    const records = readEventFile(await readFile(join(folder, file!)));
    expect(records.map(({ step }) => step)).toEqual([0, 1, 2, 2, 3, 4]);
    expect(records[3]!.scalars['eval/f1, macro']).toBe(0.5);
    expect(records[4]!.scalars['train/loss']).toBeCloseTo(1 / 3, 6);
  });

  it('drops what a resumed run does again, and half a line of a killed one', async () => {
    const folder = await logged('resumed', [
      [start(0), stepEvent(1), stepEvent(2), stepEvent(3, { loss: 9 })],
    ]);
    const file = join(folder, 'events.jsonl');
    await writeFile(file, `${await readFile(file, 'utf8')}{"type":"step","st`);
    await logged('resumed', [[start(2), stepEvent(3), stepEvent(4), end]]);
    expect(await readRunLog(folder)).toEqual([
      start(0),
      stepEvent(1),
      stepEvent(2),
      start(2),
      stepEvent(3),
      stepEvent(4),
      end,
    ]);
    const curves = await readFile(join(folder, 'curves.csv'), 'utf8');
    expect(curves.match(/^3,.*train\/loss/gm)).toHaveLength(1);
    const anew = await logged('resumed', [[start(0), stepEvent(1)]]);
    expect(await readRunLog(anew)).toEqual([start(0), stepEvent(1)]);
    expect((await readdir(anew)).filter((name) => name.startsWith('events.out'))).toHaveLength(1);
  });

  it('makes a page of it that nothing in the run can break out of', async () => {
    const folder = await logged('page', [
      [
        ...RUN.slice(0, 3),
        { type: 'warning', step: 2, code: 'x', message: '<img src=x onerror=alert(1)>' },
        end,
      ],
    ]);
    const file = await writeReport(folder, {
      title: 'a </script><script>alert(2)</script> run',
      config: { label: '</pre><b>' },
      facts: { machine: 'two & a half' },
    });
    const page = await readFile(file, 'utf8');
    expect(page).not.toMatch(/<img|<\/pre><b>|alert\(2\)<\/script>/);
    expect(page).toContain('two &amp; a half');
    expect(page).toContain('&lt;img src=x');
    expect(page).toContain('"name":"train/loss","steps":[1,2],"values":[1,0.5]');
    expect(page).toContain('uPlot=function'.slice(0, 5));
    expect(page).not.toMatch(/https?:\/\/(?!github|leeoniya)[^"']*\.(js|css)/);
  });

  it('refuses a log that it has not', async () => {
    await expect(folderLogger(root, ['xml' as never])).rejects.toThrow(/'xml'/);
  });
});

describe('throughputMeter', () => {
  it('gives speed, time left and share of the peak, without the step that compiles', () => {
    const meter = throughputMeter({ flopsPerToken: 1e6, peakFlops: 1e9, smoothing: 0.5 });
    expect(meter(stepEvent(1, { elapsedMs: 10_000 })).tokensPerSecond).toBe(5);
    expect(meter(stepEvent(2)).tokensPerSecond).toBe(500);
    const { tokensPerSecond, etaSeconds, mfu } = meter(stepEvent(3, { elapsedMs: 300 }));
    expect(tokensPerSecond).toBeCloseTo(250, 6); // (0.5·50 + 0.5·50) tokens in (0.5·0.1 + 0.5·0.3) s
    expect(etaSeconds).toBeCloseTo(0.2, 6);
    expect(mfu).toBeCloseTo(0.25, 6);
  });

  it('counts 6 operations a parameter and those of attention', () => {
    expect(trainingFlopsPerToken({ numParameters: 1e6, numLayers: 2, width: 8, seqLen: 16 })).toBe(
      6e6 + 12 * 2 * 8 * 16,
    );
  });

  it('knows CRC-32C', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });
});

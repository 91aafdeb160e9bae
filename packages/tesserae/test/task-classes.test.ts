import { createCpuBackend } from '@tesserae/backend-cpu';
import type { ElectraConfig } from '@tesserae/electra-model';
import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import { ConfigError, FormatError, OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { createBertTokenizer, createByt5Tokenizer } from '@tesserae/tokenizer';
import { memoryFolder } from '@tesserae/weights';
import type { ModelFolder } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import {
  AutoConfig,
  AutoModelForMaskedLM,
  AutoModelForSequenceClassification,
  AutoTokenizer,
  ElectraForMaskedLM,
  ElectraForMultipleChoice,
  ElectraForPreTraining,
  ElectraForQuestionAnswering,
  ElectraForSequenceClassification,
  ElectraForTokenClassification,
  ElectraModel,
  MT5ForTokenClassification,
  T5EncoderModel,
  T5ForQuestionAnswering,
  T5ForSequenceClassification,
  T5ForTokenClassification,
  pipeline,
} from '../src/index.js';
import type { AggregationStrategy, ModelFiles } from '../src/index.js';
import { loadGolden, committed, openGolden } from './golden-fixture.js';

const VOCAB =
  '[PAD] [UNK] [CLS] [SEP] [MASK] ada love ##lace lives in rome . , who where ? an ##na 👍 cafe ##s'.split(
    ' ',
  );
const tokenizer: Tokenizer = createBertTokenizer({
  vocab: VOCAB,
  tokenizerClass: 'ElectraTokenizer',
} as never);
const backend = createCpuBackend();

const electra: ElectraConfig = {
  ...ELECTRA_DEFAULTS,
  vocabSize: VOCAB.length,
  embeddingSize: 8,
  hiddenSize: 16,
  numLayers: 1,
  numHeads: 2,
  intermediateSize: 16,
  maxPositions: 24,
  initializerRange: 0.7,
  labels: ['O', 'B-PER', 'I-PER'],
};
const t5 = {
  ...T5_DEFAULTS,
  vocabSize: 384,
  dModel: 16,
  dFf: 16,
  numHeads: 2,
  headDim: 8,
  numLayers: 1,
  numDecoderLayers: 1,
  labels: ['no', 'yes'],
};
const options = { seed: 5, tokenizer, backend };
const byteOptions = { seed: 5, tokenizer: createByt5Tokenizer(), backend };

const TEXTS = ['Ada Lovelace lives in Rome.', 'Anna, 👍', 'where?', 'Ada'];
const EMOJI = 'Anna 👩‍🚀, cafe\u0301s 👍 Ada!';

function folderOf(files: ModelFiles, changes: Readonly<Record<string, unknown>> = {}): ModelFolder {
  const entries = [...files].map(([name, content]): [string, string | Uint8Array] => {
    if (name === 'config.json')
      return [name, JSON.stringify({ ...(JSON.parse(content as string) as object), ...changes })];
    return [name, typeof content === 'string' ? content : Buffer.concat([...content])];
  });
  return memoryFolder('model', Object.fromEntries(entries));
}

describe('classes over encoders', () => {
  it.each([
    ['ElectraForSequenceClassification', () => ElectraForSequenceClassification.create(electra, options)],
    ['T5ForSequenceClassification', () => T5ForSequenceClassification.create(t5, byteOptions)],
  ])('%s: a batch of ragged texts says what each says alone', async (_, create) => {
    const model = await create();
    const together = await model.predict(TEXTS, { batchSize: 3 });
    for (const [index, text] of TEXTS.entries()) {
      const [alone] = await model.predict([text]);
      expect(together[index]!.label).toBe(alone!.label);
      together[index]!.scores.forEach((score, at) => expect(score).toBeCloseTo(alone!.scores[at]!, 5));
      expect(together[index]!.scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 6);
    }
    await model.close();
  });

  it('multi-label scores are sigmoids, a single output is a value', async () => {
    const several = await ElectraForSequenceClassification.create(
      { ...electra, problemType: 'multi_label_classification' },
      options,
    );
    const plain = await ElectraForSequenceClassification.create(electra, options);
    const [[a], [b]] = [await several.predict(TEXTS.slice(0, 1)), await plain.predict(TEXTS.slice(0, 1))];
    const odds = a!.scores.map((p) => Math.log(p / (1 - p)));
    const total = odds.reduce((sum, value) => sum + Math.exp(value), 0);
    odds.forEach((value, at) => expect(Math.exp(value) / total).toBeCloseTo(b!.scores[at]!, 5));
    const regression = await ElectraForSequenceClassification.create(
      { ...electra, labels: ['score'] },
      options,
    );
    const [value] = await regression.predict(TEXTS.slice(0, 1));
    expect(value!.score).toBe(value!.scores[0]);
    expect(Math.abs(value!.score)).toBeGreaterThan(0);
  });

  it.each([
    ['ELECTRA', () => ElectraForTokenClassification.create(electra, options)],
    [
      'T5',
      () =>
        T5ForTokenClassification.create({ ...t5, labels: electra.labels, initializerFactor: 2 }, byteOptions),
    ],
    [
      'mT5',
      () =>
        MT5ForTokenClassification.create({ ...t5, modelType: 'mt5', labels: electra.labels }, byteOptions),
    ],
  ])('entities of %s are where they say, also behind emoji', async (_, create) => {
    const model = await create();
    for (const aggregationStrategy of ['none', 'simple', 'first', 'average', 'max'] as const) {
      const [found] = await model.predict([EMOJI], { aggregationStrategy, ignoreLabels: [] });
      expect(found!.length).toBeGreaterThan(0);
      for (const { word, start, end, score } of found!) {
        expect(EMOJI.slice(start, end)).toBe(word);
        expect(score).toBeGreaterThan(0.3);
      }
    }
  });

  it('entities of a long text are those of its windows, none twice', async () => {
    const model = await ElectraForTokenClassification.create(electra, options);
    const text = Array.from({ length: 12 }, () => 'Ada Lovelace lives in Rome.').join(' ');
    const [found] = await model.predict([text], {
      aggregationStrategy: 'first',
      ignoreLabels: [],
      stride: 6,
    });
    for (const [at, { start, end, word }] of found!.entries()) {
      expect(text.slice(start, end)).toBe(word);
      if (at > 0) expect(start).toBeGreaterThanOrEqual(found![at - 1]!.start);
    }
    expect(found!.at(-1)!.end).toBe(text.length);
  });

  it.each([
    ['ELECTRA', () => ElectraForQuestionAnswering.create(electra, options)],
    ['T5', () => T5ForQuestionAnswering.create(t5, byteOptions)],
  ])('answers of %s are spans of the context, best first', async (_, create) => {
    const model = await create();
    const context = `${EMOJI} Ada lives in Rome, 👍 Anna.`;
    const [found] = await model.predict([{ question: 'who?', context }], {
      topK: 4,
      alignToWords: false,
      handleImpossibleAnswer: true,
    });
    expect(found!.answers).toHaveLength(4);
    for (const [at, { answer, start, end, score }] of found!.answers.entries()) {
      expect(context.slice(start, end)).toBe(answer);
      if (at > 0) expect(score).toBeLessThanOrEqual(found!.answers[at - 1]!.score);
    }
    const [aligned] = await model.predict([{ question: 'who?', context }]);
    expect(aligned!.answers[0]!.answer).not.toMatch(/^\S*$(?<!\S)/);
    expect(Number.isFinite(aligned!.nullScoreDiff)).toBe(true);
  });

  it('masks are filled with the likeliest pieces, and texts scored by masking each in turn', async () => {
    const soft = { ...electra, initializerRange: 0.25 }; // attention that is not on one token alone
    const model = await ElectraForMaskedLM.create(soft, options);
    const [[[best, second], other]] = (await model.predict(['Ada [MASK] in [MASK].'], {
      topK: 2,
    })) as never as [[{ score: number; token: string; text: string }[], unknown[]]];
    expect(best!.score).toBeGreaterThan(second!.score);
    expect(best!.text).toBe(`Ada ${best!.token.replace(/^##/, '')} in [MASK].`);
    expect(other).toHaveLength(2);
    const [[[only]]] = (await model.predict(['Ada [MASK].'], {
      targets: ['rome', 'lives'],
      topK: 1,
    })) as never as [[[{ token: string }]]];
    expect(['rome', 'lives']).toContain(only.token);
    const [scored] = await model.score(['Ada lives'], { withinWord: 'original' });
    const [[[first]]] = (await model.predict(['[MASK] lives'], { targets: ['ada'], topK: 1 })) as never as [
      [[{ score: number }]],
    ];
    expect(scored!.tokenLogProbs[0]).toBeCloseTo(Math.log(first!.score), 5);
    expect(scored!.logProb).toBeCloseTo(
      scored!.tokenLogProbs.reduce((sum, value) => sum + value, 0),
      6,
    );
    const [l2r] = await model.score(['lovelace']);
    const [original] = await model.score(['lovelace'], { withinWord: 'original' });
    expect(l2r!.tokenLogProbs[0]).not.toBeCloseTo(original!.tokenLogProbs[0]!, 4); // the rest of the word is hidden
    expect(l2r!.tokenLogProbs[1]).toBeCloseTo(original!.tokenLogProbs[1]!, 6);
    await expect(model.predict(['no mask'])).rejects.toThrow(/text 0 has no \[MASK\]/);
  });

  it('a discriminator scores texts in one reading, against its generator where it is given', async () => {
    const model = await ElectraForPreTraining.create(electra, options);
    const generator = await ElectraForMaskedLM.create(electra, { ...options, seed: 6 });
    const texts = ['Ada lives', 'Anna in Rome.'];
    const energies = await model.score(texts);
    const odds = await model.score(texts, { generator, maskedShare: 0.2 });
    const noise = await generator.score(texts, { withinWord: 'original' });
    for (const [index, { tokenLogProbs, logProb }] of odds.entries()) {
      expect(tokenLogProbs).toHaveLength(index === 0 ? 2 : 5);
      tokenLogProbs.forEach((value, token) => {
        const needed = energies[index]!.tokenLogProbs[token]! + noise[index]!.tokenLogProbs[token]!;
        expect(value).toBeCloseTo(needed + Math.log(0.2 / 0.8), 5);
      });
      expect(logProb).toBeCloseTo(
        tokenLogProbs.reduce((sum, value) => sum + value, 0),
        5,
      );
    }
    const [words] = await model.predict(['Ada lives']);
    const [first] = energies[0]!.tokenLogProbs;
    expect(words![0]!.score).toBeCloseTo(1 / (1 + Math.exp(first!)), 5); // the energy is the logit of replacement
  });

  it('replaced words have a probability each', async () => {
    const model = await ElectraForPreTraining.create(electra, options);
    const [words] = await model.predict([EMOJI]);
    expect(words!.map(({ word }) => word)).toEqual(['Anna', '👩‍🚀', ',', 'cafe\u0301s', '👍', 'Ada', '!']);
    for (const { start, end, word, score, isReplaced } of words!) {
      expect(EMOJI.slice(start, end)).toBe(word);
      expect(isReplaced).toBe(score >= 0.5);
    }
  });

  it.each([
    ['ElectraModel', () => ElectraModel.create(electra, options)],
    ['T5EncoderModel', () => T5EncoderModel.create(t5, byteOptions)],
  ])('%s: vectors by pooling, padding left out', async (_, create) => {
    const model = await create();
    const width = 16;
    const hidden = await model.predict(TEXTS);
    const tokens = hidden.map((values) => values.length / width);
    const feature = (row: number, at: number): number[] =>
      Array.from({ length: tokens[row]! }, (__, token) => hidden[row]![token * width + at]!);
    const means = await model.embed(TEXTS);
    const largest = await model.embed(TEXTS, { pooling: 'max' });
    const first = await model.embed(TEXTS, { pooling: 'cls', normalize: true });
    for (const row of TEXTS.keys()) {
      const values = feature(row, 3);
      expect(means[row]![3]).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 5);
      expect(largest[row]![3]).toBeCloseTo(Math.max(...values), 5);
      expect(Math.hypot(...first[row]!)).toBeCloseTo(1, 5);
    }
  });

  it('chooses among continuations, as many as there are', async () => {
    const model = await ElectraForMultipleChoice.create(electra, options);
    const [two, three] = await model.predict([
      { prompt: 'Ada lives in', choices: ['Rome.', 'Anna'] },
      { prompt: 'who?', choices: ['Ada', 'Rome', 'Anna'] },
    ]);
    expect(two!.scores).toHaveLength(2);
    expect(three!.scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 6);
    expect(three!.scores[three!.index]).toBe(three!.score);
  });
});

describe('entities', () => {
  it('are those of Hugging Face, under every strategy', async () => {
    const file = await openGolden(committed('electra-token-pipeline'));
    const facts = (name: string): unknown => JSON.parse(file.metadata[name]!);
    const model = await loadGolden(file);
    const own = createBertTokenizer({ vocab: facts('vocab'), tokenizerClass: 'ElectraTokenizer' } as never);
    const tagger = await ElectraForTokenClassification.fromModel({ ...model, tokenizer: own } as never, {
      backend,
    });
    const texts = facts('texts') as string[];
    const expected = facts('entities') as Record<
      AggregationStrategy,
      { label: string; score: number; start: number; end: number }[][]
    >;
    for (const [strategy, rows] of Object.entries(expected)) {
      const found = await tagger.predict(texts, { aggregationStrategy: strategy as AggregationStrategy });
      expect(
        found.map((row) => row.map(({ label, start, end }) => ({ label, start, end }))),
        strategy,
      ).toEqual(rows.map((row) => row.map(({ label, start, end }) => ({ label, start, end }))));
      found.flat().forEach(({ score }, at) => expect(score).toBeCloseTo(rows.flat()[at]!.score, 4));
    }
  });
});

describe('what does not fit', () => {
  it('is refused with the remedy', async () => {
    const model = await ElectraForSequenceClassification.create(electra, options);
    const long = TEXTS[0]!.repeat(9);
    await expect(model.predict(['Ada', long])).rejects.toThrow(/text 1 has \d+ tokens, the model reads 24/);
    expect(await model.predict([long], { truncation: true })).toHaveLength(1);
    await expect(model.predict(['Ada'], { maxLength: 99 })).rejects.toThrow(/maxLength is 99.*24 positions/);
    await expect(model.predict(['Ada'], { topK: 2 } as never)).rejects.toThrow(OptionError);
    const load = (changes: object): Promise<unknown> =>
      ElectraForSequenceClassification.fromPretrained(folderOf(model.files(), changes as never), { backend });
    await expect(load({ id2label: { 0: 'a', 1: 'b' }, label2id: { a: 0, b: 1 } })).rejects.toThrow(
      FormatError,
    );
    await expect(load({ id2label: { 0: 'a', 2: 'b' } })).rejects.toThrow(ConfigError);
    await expect(
      ElectraForTokenClassification.fromPretrained(folderOf(model.files()), { backend }),
    ).rejects.toThrow(FormatError);
    await expect(
      AutoModelForMaskedLM.fromPretrained(folderOf(model.files(), { model_type: 't5' })),
    ).rejects.toThrow(/type 't5'.*electra/s);
    await expect(pipeline('dance' as never, folderOf(model.files()))).rejects.toThrow(/no task 'dance'/);
  });
});

describe('pipeline', () => {
  it('answers one input or several, as Hugging Face does', async () => {
    const classifier = await ElectraForSequenceClassification.create(electra, options);
    const folder = folderOf(classifier.files());
    const classify = await pipeline('sentiment-analysis', folder, { backend });
    const one = await classify('Ada', { topK: null });
    expect(one.map(({ label }) => label).sort()).toEqual([...electra.labels].sort());
    const [best] = await classify(['Ada', 'Rome']);
    expect(best).toEqual([one[0]]);
    await classify.close();
    const auto = await AutoModelForSequenceClassification.from_pretrained(folder, { backend });
    expect(auto).toBeInstanceOf(ElectraForSequenceClassification);
    expect((await AutoTokenizer.fromPretrained(folder)).encode('Ada').ids).toEqual(
      tokenizer.encode('Ada').ids,
    );
    expect((await AutoConfig.fromPretrained(folder)).className).toBe('ElectraForSequenceClassification');
    const tagger = await ElectraForTokenClassification.create(electra, options);
    const tag = await pipeline('ner', folderOf(tagger.files()), { backend });
    const entities = await tag('Ada lives', { ignoreLabels: [] });
    expect(entities[0]).toMatchObject({
      entity: expect.any(String),
      word: 'Ada',
      start: 0,
      end: 3,
      index: 1,
    });
    expect((await tag('Ada lives', { aggregationStrategy: 'simple', ignoreLabels: [] }))[0]).toHaveProperty(
      'entity_group',
    );
    const filler = await pipeline(
      'fill-mask',
      folderOf((await ElectraForMaskedLM.create(electra, options)).files()),
      { backend },
    );
    const [fills] = (await filler('Ada [MASK]'))!;
    expect(fills![0]).toMatchObject({
      token: expect.any(Number),
      token_str: expect.any(String),
      sequence: expect.stringMatching(/^Ada /),
    });
  });
});

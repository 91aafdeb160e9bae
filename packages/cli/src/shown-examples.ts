import {
  BYT5_SENTINELS,
  createRandom,
  documentOpener,
  electraExamples,
  encoderIds,
  maskTokens,
  mixtureOfDenoisers,
  namedObjective,
  plainEncoder,
  pretrainingExamples,
  shardDocuments,
} from '@tesserae/data';
import type { Objective, ObjectiveMixture, Sentinels, ShardSet } from '@tesserae/data';
import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';

/** A part of an example: ids, and which places of it are of interest. */
export interface ShownPart {
  readonly name: string;
  readonly ids: Int32Array;
  /** Places of the inputs that `ids` belong to, for labels of single tokens. */
  readonly positions?: Int32Array;
}

/** An example as the model sees it. */
export type ShownExample = readonly ShownPart[];

/** What the examples are made of: shards, or documents of files. */
export type ShownSource = { readonly shards: ShardSet } | { readonly documents: () => AsyncIterable<object> };

/** How examples are made. */
interface ShownOptions {
  readonly tokenizer: Tokenizer;
  /** An objective's name, `ul2` or `electra`; without one documents are shown as they are. */
  readonly objective?: string;
  /** Longest inputs, in tokens. */
  readonly inputsLength?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Examples of a source; with shards in the order of the seed. */
export function shownExamples(source: ShownSource, options: ShownOptions): AsyncIterable<ShownExample> {
  const { objective } = options;
  if (objective === 'electra') return maskedExamples(source, options);
  if (objective !== undefined) return corruptedExamples(source, { ...options, objective });
  return plainExamples(source, options);
}

async function* plainExamples(source: ShownSource, options: ShownOptions): AsyncGenerator<ShownExample> {
  const { tokenizer, seed, signal } = options;
  if ('documents' in source) {
    for await (const document of source.documents()) {
      const fields = Object.entries(document).filter(([name]) =>
        ['text', 'inputs', 'targets'].includes(name),
      );
      yield fields.map(([name, text]) => ({ name, ids: tokenizer.encode(String(text)).ids }));
    }
    return;
  }
  const { manifest } = source.shards;
  if (manifest.features.length === 1) {
    const name = manifest.features[0]!;
    for await (const { example } of shardDocuments(source.shards, { seed, epochs: 1, signal })) {
      yield [{ name, ids: example }];
    }
    return;
  }
  const random = createRandom(seed, ['data-show']);
  for (;;) {
    signal.throwIfAborted();
    const features = await source.shards.features(random.below(manifest.numDocuments));
    yield Object.entries(features).map(([name, ids]) => ({ name, ids }));
  }
}

async function* corruptedExamples(
  source: ShownSource,
  options: ShownOptions & { readonly objective: string },
): AsyncGenerator<ShownExample> {
  const { tokenizer, seed, signal } = options;
  const documents =
    'shards' in source
      ? documentOpener(source.shards, { seed, epochs: 1, signal })
      : () => encoded(source.documents(), tokenizer);
  const examples = pretrainingExamples(documents, {
    objective: objectiveNamed(options),
    sentinels: sentinelsOf(tokenizer),
    vocabSize: tokenizer.vocabSize,
    eosId: tokenizer.specialTokens.eos?.id ?? null,
    documentsPerGroup: 8, // fewer than in training, so that the first example comes soon
    ...{ seed, signal },
  });
  for await (const { inputs, targets } of examples) {
    yield [
      { name: 'inputs', ids: inputs },
      { name: 'targets', ids: targets },
    ];
  }
}

async function* encoded(documents: AsyncIterable<object>, tokenizer: Tokenizer): AsyncGenerator<Int32Array> {
  const encode = plainEncoder(tokenizer);
  for await (const document of documents) yield encode(textOf(document));
}

async function* maskedExamples(source: ShownSource, options: ShownOptions): AsyncGenerator<ShownExample> {
  if ('shards' in source) throw notFromShards();
  const { tokenizer, seed, inputsLength: maxLength = 128, signal } = options;
  const ids = encoderIds(tokenizer);
  const encode = plainEncoder(tokenizer);
  const examples = electraExamples(() => linesOf(source.documents()), {
    encode,
    ids,
    maxLength,
    seed,
    signal,
  });
  let number = 0;
  for await (const { inputIds } of examples) {
    const masked = maskTokens(inputIds, { ids, random: createRandom(seed, ['data-show', number++]) });
    const originals = Int32Array.from(masked.positions, (position) => masked.labels[position]!);
    yield [
      { name: 'inputs', ids: masked.inputIds },
      { name: 'labels', ids: originals, positions: masked.positions },
    ];
  }
}

async function* linesOf(documents: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const document of documents) {
    yield* textOf(document).split('\n');
    yield ''; // ends the document
  }
}

function textOf(document: object): string {
  return String((document as { readonly text?: unknown }).text);
}

function objectiveNamed({ objective, inputsLength }: ShownOptions): Objective | ObjectiveMixture {
  if (objective === 'ul2') return mixtureOfDenoisers(inputsLength === undefined ? {} : { inputsLength });
  const name = objective === 'span-corruption' ? 'span' : objective!;
  return namedObjective(name, inputsLength === undefined ? {} : { inputsLength });
}

/** `<extra_id_0>` and those below it; ByT5's pre-training counts its bytes down instead. */
export function sentinelsOf(tokenizer: Tokenizer): Sentinels {
  const idOf = (index: number): number | undefined => tokenizer.tokenToId(`<extra_id_${index}>`);
  const first = idOf(0);
  if (first !== undefined && idOf(1) === first + 1) return { ...BYT5_SENTINELS, overflow: 'descend' };
  if (first !== undefined) {
    let count = 1;
    while (idOf(count) === first - count) count++;
    return { first, count, overflow: 'descend' };
  }
  throw new OptionError({
    op: 'data show',
    problem: 'the tokenizer has no sentinels (<extra_id_0> …)',
    likely: 'Span corruption needs a T5 tokenizer. For ELECTRA, take --objective electra.',
    page: 'data-show',
    got: tokenizer.vocabSize,
  });
}

function notFromShards(): OptionError {
  return new OptionError({
    op: 'data show',
    problem: 'ELECTRA gathers lines of text, and shards have no lines',
    likely: 'Name the text files instead of the shards.',
    page: 'data-show',
    got: 'electra',
  });
}

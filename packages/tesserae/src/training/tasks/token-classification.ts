import { IGNORE_INDEX, tokenCrossEntropy } from '@tesserae/nn';
import { argMax } from '@tesserae/tensor';
import { classOf } from '../class-labels.js';
import type { EncoderRow } from '../padded-batch.js';
import { ENCODER_AXES, encoderInputs, rowOf, tokenLabels } from '../padded-batch.js';
import type { NamedRow } from '../row-fields.js';
import { isAbsent, textsOf, wrongField } from '../row-fields.js';
import type { Features, Judged, RowFeatures, TrainingTask } from '../task.js';
import type { TaskContext } from './task-context.js';

/** Words [firstWord, …) of a sentence, as many as fit. */
interface TaggedWindow extends Features, EncoderRow {
  /** Class at the first token of each word, ignored elsewhere. */
  readonly labels: Int32Array;
  readonly firstWord: number;
  /** Class of each word of the window. */
  readonly tags: readonly number[];
  /** Position of each word's first token. */
  readonly positions: readonly number[];
}

/** Class of each word of a window. */
type Read = readonly number[];

/** Rows are `{ words, tags }`; sentences that are too long are cut between words into windows. */
export function tokenClassification(context: TaskContext): TrainingTask<TaggedWindow, Read> {
  const { config, forward, padId } = context;
  const { labels } = config;
  const isSpans = labels.some((name) => /^[BIESLU]-/.test(name));
  return {
    name: 'token-classification',
    metrics: isSpans ? ['spans', 'accuracy'] : ['accuracy'],
    axes: { ...ENCODER_AXES, labels: ['batch', 'seqLen'] },
    features(row, place) {
      const words = textsOf({ row, place }, 'words');
      return windowsOf(words, tagsOf({ row, place }, words, labels), context);
    },
    batch: (examples, { lengths: [length] }) => ({
      ...encoderInputs(examples, { length: length!, padId }),
      labels: tokenLabels(
        examples.map((example) => example.labels),
        length!,
      ),
    }),
    loss(params, { labels: targets, ...inputs }, { labelSmoothing, zLoss, rng }) {
      const logits = forward(params, inputs, rng)['logits']!;
      return { ...tokenCrossEntropy(logits, targets!, { labelSmoothing, zLoss }), logits };
    },
    outputs: (params, { labels: _, ...inputs }) => ({
      classes: argMax(forward(params, inputs)['logits']!, { axis: -1 }), // i32[batch, seqLen]
    }),
    read({ classes }, at, { positions }) {
      const row = rowOf(classes!, at);
      return positions.map((position) => row[position]!);
    },
    judge: (examples, found) => judge(examples, found, labels),
  };
}

function tagsOf(from: NamedRow, words: readonly string[], labels: readonly string[]): readonly number[] {
  const { tags } = from.row;
  if (!Array.isArray(tags)) return wrongField(from, 'tags', 'a list of tags, one a word');
  if (tags.length !== words.length) {
    return wrongField(from, 'tags', `as many tags as there are words (${words.length}, got ${tags.length})`);
  }
  return (tags as readonly unknown[]).map((tag) =>
    isAbsent(tag) ? wrongField(from, 'tags', 'a tag for every word') : classOf(tag, labels, from),
  );
}

/** A sentence in windows of whole words. */
function windowsOf(words: readonly string[], tags: readonly number[], context: TaskContext): TaggedWindow[] {
  const { tokenizer, maxLength } = context;
  const sizes = words.map((word) =>
    Math.max(1, tokenizer.encode(word, { addSpecialTokens: false }).ids.length),
  );
  const room = maxLength - tokenizer.encode('', {}).ids.length;
  const windows: TaggedWindow[] = [];
  for (let first = 0; first < words.length;) {
    let [last, used] = [first + 1, sizes[first]!];
    while (last < words.length && used + sizes[last]! <= room) used += sizes[last++]!;
    windows.push(
      windowOf(words.slice(first, last), tags.slice(first, last), { ...context, firstWord: first }),
    );
    first = last;
  }
  return windows;
}

function windowOf(
  words: readonly string[],
  tags: readonly number[],
  { tokenizer, maxLength, hasSegments, firstWord }: TaskContext & { readonly firstWord: number },
): TaggedWindow {
  const { ids, typeIds, wordIds } = tokenizer.encode(words, { isSplitIntoWords: true, maxLength });
  const labels = new Int32Array(ids.length).fill(IGNORE_INDEX);
  // a word without tokens of its own (a control character) is read off the token before it
  const positions = words.map((_, word) => wordIds.indexOf(word));
  positions.forEach((position, word) => {
    if (position >= 0) labels[position] = tags[word]!;
    else positions[word] = positions[word - 1] ?? 0;
  });
  return {
    inputIds: ids,
    ...(hasSegments ? { typeIds } : {}),
    labels,
    firstWord,
    tags,
    positions,
    lengths: [ids.length],
    numTokens: ids.length,
    numLabels: labels.reduce((count, label) => count + (label === IGNORE_INDEX ? 0 : 1), 0),
  };
}

function judge(
  examples: readonly RowFeatures<TaggedWindow>[],
  found: readonly Read[],
  labels: readonly string[],
): Judged {
  const rows = new Map<number, { readonly wanted: string[]; readonly got: string[] }>();
  examples.forEach(({ row, features: { tags, firstWord } }, index) => {
    const sentence = rows.get(row) ?? { wanted: [], got: [] };
    rows.set(row, sentence);
    tags.forEach((tag, word) => {
      sentence.wanted[firstWord + word] = labels[tag]!;
      sentence.got[firstWord + word] = labels[found[index]![word]!]!;
    });
  });
  const sentences = [...rows.values()];
  const targets = sentences.map(({ wanted }) => wanted);
  const predictions = sentences.map(({ got }) => got);
  return {
    views: {
      label: { targets: targets.flat(), predictions: predictions.flat() },
      tags: { targets, predictions },
    },
    shown: predictions,
  };
}

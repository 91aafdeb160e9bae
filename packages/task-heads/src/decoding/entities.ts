import { checkOptions } from '@tesserae/tensor';
import { requireChoice } from './checks.js';
import { requireLabels } from './labels.js';
import type { TokenSpans } from './token-spans.js';
import { argMaxOf, softmaxOf } from './token-spans.js';

/** How scores of tokens become entities, as in Hugging Face's pipeline. */
export type AggregationStrategy = 'none' | 'simple' | 'first' | 'average' | 'max';

/** Every strategy. */
export const AGGREGATION_STRATEGIES: readonly AggregationStrategy[] = [
  'none',
  'simple',
  'first',
  'average',
  'max',
];

/** A part of a text and what it is. `text.slice(start, end)` is `word`. */
export interface Entity {
  /** The tag of a token ('B-PER') without aggregation, else the class ('PER'). */
  readonly label: string;
  /** Probability: of the token, or the mean over the parts. */
  readonly score: number;
  readonly word: string;
  /** UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Place of the token in its row, without aggregation. */
  readonly index?: number;
}

/** One window of a text: its tokens and their logits, a row of `labels.length` for each token. */
export interface TaggedWindow {
  readonly tokens: TokenSpans;
  readonly logits: ArrayLike<number>;
}

/** What entities are read with. */
export interface EntityOptions {
  readonly text: string;
  readonly labels: readonly string[];
  /** Default 'simple'. */
  readonly strategy?: AggregationStrategy;
  /** Tags that are no entities; default ['O']. */
  readonly ignoreLabels?: readonly string[];
}

/** A token or a word with a tag. */
interface Tagged {
  readonly tag: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
  readonly index: number;
}

interface Token {
  readonly scores: Float64Array;
  readonly start: number;
  readonly end: number;
  readonly index: number;
  readonly isSubword: boolean;
}

/**
 * The entities of a text.
 *
 * - 'none': every token by itself, with its tag.
 * - 'simple': neighbouring tokens of one class are joined; B- begins a new one.
 * - 'first', 'average', 'max': words get one tag, that of their first token, of their mean scores, or of the token that is surest;
 *   then words are joined.
 *
 * Of windows that overlap the longer entity is kept, of equal ones the surer.
 *
 * As Hugging Face's TokenClassificationPipeline, but for three things: `word` is the source, not the vocabulary's spelling;
 * words are the tokenizer's, where it takes any token whose spelling and source differ in length for the continuation of a
 * word (a word that a normaliser shortened, such as one with a combining accent, joins the one before); and 'none' may have
 * several windows.
 * @throws OptionError for an unknown strategy · ShapeError when labels and logits differ in number
 */
export function decodeEntities(windows: readonly TaggedWindow[], options: EntityOptions): Entity[] {
  const op = 'decodeEntities';
  checkOptions(op, options, ['text', 'labels', 'strategy', 'ignoreLabels']);
  const { text, labels, strategy = 'simple', ignoreLabels = ['O'] } = options;
  requireChoice(op, 'strategy', strategy, AGGREGATION_STRATEGIES);
  const found = windows.flatMap((window) => partsOf(tokensOf(window, labels), { strategy, labels }));
  const entities = found
    .filter(({ tag }) => !ignoreLabels.includes(tag))
    .map(({ tag, score, start, end, index }) => ({
      label: tag,
      score,
      word: text.slice(start, end),
      start,
      end,
      ...(strategy === 'none' ? { index } : {}),
    }));
  return windows.length > 1 ? withoutOverlaps(entities) : entities;
}

interface Tagging {
  readonly strategy: AggregationStrategy;
  readonly labels: readonly string[];
}

/** Tokens, words or groups of them, as the strategy has it. */
function partsOf(tokens: readonly Token[], { strategy, labels }: Tagging): readonly Tagged[] {
  if (strategy !== 'none' && strategy !== 'simple') return joined(wordsOf(tokens, { strategy, labels }));
  const single = tokens.map((token) => taggedAs(token.scores, [token], labels));
  return strategy === 'none' ? single : joined(single);
}

function tokensOf({ tokens, logits }: TaggedWindow, labels: readonly string[]): Token[] {
  const { offsets, specialTokensMask, wordIds } = tokens;
  const count = specialTokensMask.length;
  requireLabels(labels, logits.length / count);
  const found: Token[] = [];
  for (let index = 0; index < count; index++) {
    if (specialTokensMask[index] !== 0) continue;
    const row = Array.prototype.slice.call(
      logits,
      index * labels.length,
      (index + 1) * labels.length,
    ) as number[];
    const isSubword = index > 0 && wordIds[index]! >= 0 && wordIds[index] === wordIds[index - 1];
    found.push({
      scores: softmaxOf(row),
      start: offsets[2 * index]!,
      end: offsets[2 * index + 1]!,
      index,
      isSubword,
    });
  }
  return found;
}

function taggedAs(scores: Float64Array, tokens: readonly Token[], labels: readonly string[]): Tagged {
  const best = argMaxOf(scores);
  const [first, last] = [tokens[0]!, tokens.at(-1)!];
  return { tag: labels[best]!, score: scores[best]!, start: first.start, end: last.end, index: first.index };
}

function wordsOf(tokens: readonly Token[], { strategy, labels }: Tagging): Tagged[] {
  const words: Token[][] = [];
  for (const token of tokens) {
    if (token.isSubword && words.length > 0) words.at(-1)!.push(token);
    else words.push([token]);
  }
  return words.map((word) => taggedAs(wordScores(word, strategy), word, labels));
}

function wordScores(word: readonly Token[], strategy: AggregationStrategy): Float64Array {
  if (strategy === 'first') return word[0]!.scores;
  if (strategy === 'average')
    return word[0]!.scores.map(
      (_, label) => word.reduce((sum, { scores }) => sum + scores[label]!, 0) / word.length,
    );
  const surest = argMaxOf(word.map(({ scores }) => scores[argMaxOf(scores)]!));
  return word[surest]!.scores;
}

/** Neighbours of one class as one, the mean of their scores. */
function joined(parts: readonly Tagged[]): Tagged[] {
  const groups: Tagged[][] = [];
  for (const part of parts) {
    const last = groups.at(-1)?.at(-1);
    const [position, name] = splitTag(part.tag);
    if (last !== undefined && name === splitTag(last.tag)[1] && position !== 'B') groups.at(-1)!.push(part);
    else groups.push([part]);
  }
  return groups.map((group) => ({
    tag: afterDash(group[0]!.tag),
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    start: group[0]!.start,
    end: group.at(-1)!.end,
    index: group[0]!.index,
  }));
}

const splitTag = (tag: string): readonly [string, string] =>
  tag.startsWith('B-') || tag.startsWith('I-') ? [tag[0]!, tag.slice(2)] : ['I', tag];

const afterDash = (tag: string): string => (tag.includes('-') ? tag.slice(tag.indexOf('-') + 1) : tag);

function withoutOverlaps(entities: readonly Entity[]): Entity[] {
  const kept: Entity[] = [];
  for (const entity of [...entities].sort((a, b) => a.start - b.start)) {
    const last = kept.at(-1);
    if (last === undefined || entity.start >= last.end) kept.push(entity);
    else if (isBetter(entity, last)) kept[kept.length - 1] = entity;
  }
  return kept;
}

function isBetter(entity: Entity, than: Entity): boolean {
  const [length, other] = [lengthOf(entity.word), lengthOf(than.word)];
  return length > other || (length === other && entity.score > than.score);
}

/** Characters (code points), which is what the reference counts. */
const lengthOf = (text: string): number => Array.from(text).length;

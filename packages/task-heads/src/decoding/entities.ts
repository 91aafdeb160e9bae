import { OptionError, checkOptions } from '@tesserae/tensor';
import type { Encoding, Tokenizer } from '@tesserae/tokenizer';
import { requireChoice, requireLabels, requireTokens } from './checks.js';
import { mergeWindows } from './entity-windows.js';
import type { ScoredToken, WordRule } from './entity-words.js';
import { WORD_RULES, createWordReader } from './entity-words.js';
import type { Numbers } from './scores.js';
import { bestOf, softmaxOf } from './scores.js';

/**
 * How tokens become entities: not at all; neighbours of one type; or whole words first, labelled by their first
 * token, by the mean of their tokens' probabilities, or by their surest token.
 */
export type AggregationStrategy = 'none' | 'simple' | 'first' | 'average' | 'max';

/** Something that was found in a text. */
export interface Entity {
  /** Type without `B-` or `I-`; with the strategy 'none', the token's label as it is. */
  readonly label: string;
  readonly score: number;
  /** What the tokens spell, in the vocabulary's spelling: 'new york' of an uncased model. */
  readonly word: string;
  /** The source, `text.slice(start, end)`. */
  readonly text: string;
  /** In UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  /** With 'none' only: place of the token in its window. */
  readonly index?: number;
}

/** A text, or one window of it, and what the model says of its tokens. */
export interface EntityWindow {
  readonly encoding: Pick<Encoding, 'ids' | 'tokens' | 'offsets' | 'specialTokensMask' | 'wordIds'>;
  /** [seqLen][numLabels]; rows behind the encoding's tokens are padding. */
  readonly logits: readonly Numbers[];
}

/** How entities are read. */
export interface EntityOptions {
  /** Names of the classes, in the order of the logits. */
  readonly labels: readonly string[];
  readonly tokenizer: Pick<Tokenizer, 'parts' | 'specialTokens'>;
  /** Default 'none'. */
  readonly aggregation?: AggregationStrategy;
  /** Labels, or types, that are left out. Default ['O']. */
  readonly ignoreLabels?: readonly string[];
  /** What makes a token the continuation of a word. Default 'huggingFace'. */
  readonly wordRule?: WordRule;
  /** What stands between the words of a text that came split into words. Default one space. */
  readonly delimiter?: string;
}

const OPTIONS = ['labels', 'tokenizer', 'aggregation', 'ignoreLabels', 'wordRule', 'delimiter'];
const STRATEGIES: readonly AggregationStrategy[] = ['none', 'simple', 'first', 'average', 'max'];

/**
 * Entities of a text, as Hugging Face's TokenClassificationPipeline finds them; of a long one from its windows, where
 * of those that overlap the longest stays, then the surest.
 * @param text  the text; or its words, if it was encoded with isSplitIntoWords: positions are then those in the words
 *   joined by `delimiter`
 * @throws ConfigError when labels and logits differ in number · ShapeError when a token has no logits · OptionError
 *   for several windows without aggregation
 */
export function decodeEntities(
  text: string | readonly string[],
  windows: readonly EntityWindow[],
  options: EntityOptions,
): readonly Entity[] {
  const op = 'decodeEntities';
  checkOptions(op, options, OPTIONS);
  const { labels, tokenizer, aggregation = 'none', ignoreLabels = ['O'] } = options;
  const { wordRule = 'huggingFace', delimiter = ' ' } = options;
  requireChoice(op, 'aggregation', aggregation, STRATEGIES);
  requireChoice(op, 'wordRule', wordRule, WORD_RULES);
  if (aggregation === 'none' && windows.length > 1) throw severalWindows(windows.length);
  const reader = createWordReader(text, { tokenizer, wordRule, delimiter });
  const found = windows.flatMap((window) => {
    requireTokens(op, window.logits, window.encoding.ids.length);
    const tokens = reader.tokens(window.encoding, (index) => {
      requireLabels(op, labels, window.logits[index]!);
      return softmaxOf(window.logits[index]!);
    });
    return aggregate(tokens, { labels, aggregation, spell: reader.spell });
  });
  const kept = found.filter(({ label }) => !ignoreLabels.includes(label));
  const entities = kept.map((entity) => ({ ...entity, text: reader.text.slice(entity.start, entity.end) }));
  return windows.length > 1 ? mergeWindows(entities) : entities;
}

/** Entities before their text is cut out. */
type Found = Omit<Entity, 'text'>;

interface Aggregation {
  readonly labels: readonly string[];
  readonly aggregation: AggregationStrategy;
  readonly spell: (tokens: readonly string[]) => string;
}

function aggregate(tokens: readonly ScoredToken[], options: Aggregation): readonly Found[] {
  const { labels, aggregation, spell } = options;
  if (aggregation === 'none' || aggregation === 'simple') {
    const single = tokens.map((token) => {
      const { word, start, end, index } = token;
      return { ...decide(token.scores, labels), word, start, end, index };
    });
    return aggregation === 'none' ? single : groupNeighbours(single, spell);
  }
  const words: ScoredToken[][] = [];
  for (const token of tokens) {
    if (token.isSubword && words.length > 0) words.at(-1)!.push(token);
    else words.push([token]);
  }
  return groupNeighbours(
    words.map((word) => ({
      ...decide(WORD_SCORES[aggregation](word), labels),
      word: spell(word.map((token) => token.word)),
      start: word[0]!.start,
      end: word.at(-1)!.end,
    })),
    spell,
  );
}

function decide(
  scores: Numbers,
  labels: readonly string[],
): { readonly label: string; readonly score: number } {
  const best = bestOf(scores);
  return { label: labels[best]!, score: scores[best]! };
}

const highest = ({ scores }: ScoredToken): number => scores[bestOf(scores)]!;

/** Probabilities of a word from those of its tokens. */
const WORD_SCORES: Readonly<
  Record<'first' | 'average' | 'max', (tokens: readonly ScoredToken[]) => Numbers>
> = {
  first: ([token]) => token!.scores,
  max: (tokens) => tokens.reduce((best, token) => (highest(token) > highest(best) ? token : best)).scores,
  average: (tokens) =>
    Float64Array.from(
      tokens[0]!.scores,
      (_, label) => tokens.reduce((sum, { scores }) => sum + scores[label]!, 0) / tokens.length,
    ),
};

/** `B-PER` begins a PER, `I-PER` goes on with one; a label without prefix goes on with its own kind. */
function tagOf(label: string): { readonly begins: boolean; readonly type: string } {
  const hasPrefix = label.startsWith('B-') || label.startsWith('I-');
  return { begins: label.startsWith('B-'), type: hasPrefix ? label.slice(2) : label };
}

/** Joins neighbours of one type, until the next `B-`. */
function groupNeighbours(
  items: readonly Found[],
  spell: (tokens: readonly string[]) => string,
): readonly Found[] {
  const groups: Found[][] = [];
  for (const item of items) {
    const last = groups.at(-1);
    const { begins, type } = tagOf(item.label);
    if (last !== undefined && !begins && type === tagOf(last.at(-1)!.label).type) last.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => ({
    label: group[0]!.label.slice(group[0]!.label.indexOf('-') + 1), // without B-, I- or any other prefix
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    word: spell(group.map(({ word }) => word)),
    start: group[0]!.start,
    end: group.at(-1)!.end,
  }));
}

function severalWindows(got: number): OptionError {
  return new OptionError({
    op: 'decodeEntities',
    problem: `${got} windows without aggregation: tokens of two windows cannot be told apart`,
    likely: "Choose an aggregation such as 'simple', or cut the text to one window.",
    page: 'option-conflict',
    got,
  });
}

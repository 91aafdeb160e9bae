import type { RecordReader } from './record.js';
import { indexFact, textFormat, type TextExample, type TextFormat } from './text-format.js';
import { wnliReferent } from './wnli-referent.js';

const determiners = new Set(
  'a an few her his each every many much my our some that the their these this those which whose your'.split(
    ' ',
  ),
);

/** Without determiners and case. */
function cleaned(text: string): string {
  const words = text.trim().toLowerCase().split(' ');
  return words.filter((word) => !determiners.has(word)).join(' ');
}

/**
 * 1 when a text names the referent, 0 otherwise: its words are among the referent's or the other way round, and
 * both have an apostrophe or neither ("Bob" is not "Bob's hat").
 */
function namesReferent(text: string, referent: string): 0 | 1 {
  const [said, meant] = [cleaned(text), cleaned(referent)];
  if (said.includes("'") !== meant.includes("'")) return 0;
  const [saidWords, meantWords] = [new Set(said.split(' ')), new Set(meant.split(' '))];
  const isWithin = (part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean =>
    [...part].every((word) => whole.has(word));
  return isWithin(saidWords, meantWords) || isWithin(meantWords, saidWords) ? 1 : 0;
}

/** An answer that is empty without its determiners names nothing: it must not match label 0. */
const referentReader: Pick<TextFormat, 'prediction' | 'reference'> = {
  prediction: (text, { targets }) => (cleaned(text) === '' ? -1 : namesReferent(text, targets)),
  reference: ({ facts }) => facts!.label,
};

function wscExample(record: RecordReader): TextExample {
  return {
    inputs: `wsc: ${highlighted(record)}`,
    targets: record.text(spelled(record, 'span1_text')),
    facts: { ...indexFact(record), label: Number(record.optional('label') ?? 0) },
  };
}

/** The name that a field has: `span1_text` in published files, `span1Text` in records of `readSuperGlue`. */
function spelled(record: RecordReader, field: string): string {
  const camel = field.replace(/_(.)/, (_, letter: string) => letter.toUpperCase());
  return record.optional(camel) === undefined ? field : camel;
}

/** The text with stars around the pronoun. */
function highlighted(record: RecordReader): string {
  const pronoun = record.text(spelled(record, 'span2_text'));
  const index = record.number(spelled(record, 'span2_index'));
  const words = record.text('text').split(' ');
  const at = nearestWord(words, { index, matches: (word) => word === pronoun });
  if (at !== undefined) return words.with(at, `*${pronoun}*`).join(' ');
  // A pronoun with punctuation on it, such as `him,"`: the punctuation is set apart.
  const close = nearestWord(words, { index, matches: (word) => word.startsWith(pronoun) });
  if (close === undefined) throw record.wrong('span2_text', `the text has no word "${pronoun}"`);
  return words.with(close, `*${pronoun}* ${words[close]!.slice(pronoun.length)}`).join(' ');
}

/** Indices of the data set are a word or two off now and then. */
function nearestWord(
  words: readonly string[],
  { index, matches }: { readonly index: number; readonly matches: (word: string) => boolean },
): number | undefined {
  const found = [...words.keys()].filter((at) => matches(words[at]!));
  return found.sort((a, b) => Math.abs(a - index) - Math.abs(b - index))[0];
}

const wscTrain = textFormat({
  name: 'super_glue_wsc_v102_simple_train',
  isOneToOne: false,
  examples: (record) => (Number(record.optional('label') ?? 0) === 1 ? [wscExample(record)] : []),
});

const wscEval = textFormat({
  name: 'super_glue_wsc_v102_simple_eval',
  metrics: ['accuracy'],
  examples: (record) => [wscExample(record)],
  ...referentReader,
});

/** Definite pronoun resolution: the first occurrence of the pronoun is the one to resolve. */
const dpr = textFormat({
  name: 'dpr_v001_simple',
  metrics: ['sequence-accuracy'],
  examples: (record) => {
    const pronoun = record.text('pronoun');
    const pattern = new RegExp(` (${pronoun.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})([ .,])`);
    const candidates = record.texts('candidates');
    const targets = candidates[record.number('label')];
    if (targets === undefined) throw record.wrong('label', 'label is none of the candidates');
    return [{ inputs: `wsc: ${record.text('sentence').replace(pattern, ' *$1*$2')}`, targets }];
  },
});

/** WNLI as a question for the referent; for evaluation only. */
const wnli = textFormat({
  name: 'glue_wnli_v002_simple_eval',
  metrics: ['accuracy'],
  examples: (record) => {
    const [premise, hypothesis] = [record.text('sentence1'), record.text('sentence2')];
    const found = wnliReferent(premise, hypothesis);
    if (found === undefined) throw record.wrong('sentence2', 'the hypothesis names no referent of a pronoun');
    return [
      {
        inputs: `wsc: ${found.premise}`,
        targets: found.referent,
        facts: { ...indexFact(record), premise, hypothesis, label: Number(record.optional('label') ?? 0) },
      },
    ];
  },
  ...referentReader,
});

/** Winograd schemas, as T5 asks them: who is meant by the starred pronoun? */
export const WINOGRAD_FORMATS: readonly TextFormat[] = [wscTrain, wscEval, dpr, wnli];

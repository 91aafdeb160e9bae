/** A premise with its pronoun starred, and the phrase that the hypothesis has in its place. */
interface WnliReferent {
  readonly premise: string;
  readonly referent: string;
}

const pronouns = new Set('he she they it her his their them him'.split(' '));
const finalPunctuation = /[.,?!]$/;

/**
 * Reads WNLI backwards: the hypothesis is the premise with a pronoun replaced. The pronoun whose
 * neighbours the hypothesis repeats most is the one; what stands in its place is the referent.
 */
export function wnliReferent(premise: string, hypothesis: string): WnliReferent | undefined {
  const words = cleanWords(premise);
  const claim = cleanWords(hypothesis);
  const matches = words.flatMap((word, at) => (pronouns.has(word) ? [matchAt(words, claim, at)] : []));
  if (matches.length === 0) return undefined;
  const best = matches.reduce((most, match) => (match.score > most.score ? match : most));
  const referent = spelling(fromLastArticle(best.candidate), hypothesis);
  return !referent ? undefined : { premise: starred(premise, best.at), referent };
}

function cleanWords(text: string): readonly string[] {
  const words = text.trim().toLowerCase().split(' ');
  return words.map((word) => word.replace(finalPunctuation, '')).filter((word) => word !== '');
}

interface Match {
  readonly at: number;
  /** Words around the pronoun that the hypothesis repeats. */
  readonly score: number;
  readonly candidate: string;
}

function matchAt(words: readonly string[], claim: readonly string[], at: number): Match {
  const [before, after] = [words.slice(0, at), words.slice(at + 1)];
  const numBefore = repeatedPrefix(before.toReversed(), claim.toReversed().join(' '));
  const numAfter = repeatedPrefix(after, claim.join(' '));
  const score = numBefore + numAfter;
  if (score === 0) return { at, score, candidate: '' };
  const left = before.slice(before.length - numBefore);
  const right = after.slice(0, numAfter);
  const text = claim.join(' ');
  const patterns = [
    [...left.map(escaped), '(.+)', ...right.map(escaped)].join(' '),
    ['^(.+)', ...right.map(escaped)].join(' '),
    [...left.map(escaped), '(.+)$'].join(' '),
  ];
  const found = patterns
    .map((pattern) => new RegExp(pattern).exec(text)?.[1])
    .find((one) => one !== undefined);
  return { at, score, candidate: found ?? '' };
}

/** How many of the words, joined from the first on, the text contains. */
function repeatedPrefix(words: readonly string[], text: string): number {
  const beyond = words.findIndex((_, count) => !text.includes(words.slice(0, count + 1).join(' ')));
  return beyond < 0 ? words.length : beyond;
}

/** Drops what stands before the last article: a candidate may begin too early. */
function fromLastArticle(candidate: string): string {
  const words = candidate.split(' ');
  const articles = ['a', 'an', 'the'].map((article) => words.indexOf(article));
  return words.slice(Math.max(0, ...articles)).join(' ');
}

/** The candidate as the hypothesis spells it, without final punctuation or a possessive. */
function spelling(candidate: string, hypothesis: string): string | undefined {
  const pattern = candidate.split(' ').map((word) => `${escaped(word)}[.,?!]?`);
  const found = new RegExp(pattern.join(' '), 'i').exec(hypothesis)?.[0];
  return found?.replace(finalPunctuation, '').replace(/'s?$/, '');
}

function starred(premise: string, at: number): string {
  const words = premise.split(' ');
  const word = words[at]!;
  const hasPunctuation = finalPunctuation.test(word);
  const star = hasPunctuation ? `*${word.slice(0, -1)}* ${word.at(-1)}` : `*${word}*`;
  return words.with(at, star).join(' ');
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

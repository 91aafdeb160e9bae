import { FormatError } from '@tesserae/tensor';
import { fileError, type Entry, type EntryFile } from './prediction-files.js';

/** A target and its prediction. */
export interface ExamplePair {
  readonly target: Entry;
  readonly prediction: Entry;
}

/**
 * Pairs targets with predictions: by id where every entry has one, else by order.
 * @throws FormatError (predictions-count, predictions-file) when they are not one to one
 */
export function pairEntries(targets: EntryFile, predictions: EntryFile): readonly ExamplePair[] {
  const hasIds = [...targets.entries, ...predictions.entries].every(({ id }) => id !== undefined);
  if (hasIds && targets.entries.length > 0) return pairById(targets, predictions);
  if (targets.entries.length !== predictions.entries.length) throw countError(targets, predictions);
  const pairs = targets.entries.map((target, index) => ({ target, prediction: predictions.entries[index]! }));
  pairs.forEach((pair, index) => checkSentence(pair, { index, targets, predictions }));
  return pairs;
}

function pairById(targets: EntryFile, predictions: EntryFile): readonly ExamplePair[] {
  const byId = new Map<string, Entry>();
  for (const entry of predictions.entries) {
    if (byId.has(entry.id!)) throw idError(predictions.path, entry, `the id '${entry.id}' is there twice`);
    byId.set(entry.id!, entry);
  }
  const seen = new Set<string>();
  const pairs = targets.entries.map((target, index) => {
    const prediction = byId.get(target.id!);
    if (prediction === undefined)
      throw idError(predictions.path, target, `there is no prediction for the id '${target.id}'`);
    if (seen.has(target.id!)) throw idError(targets.path, target, `the id '${target.id}' is there twice`);
    seen.add(target.id!);
    checkSentence({ target, prediction }, { index, targets, predictions });
    return { target, prediction };
  });
  const surplus = predictions.entries.find(({ id }) => !seen.has(id!));
  if (surplus !== undefined)
    throw idError(predictions.path, surplus, `there is no target for the id '${surplus.id}'`);
  return pairs;
}

interface Place {
  readonly index: number;
  readonly targets: EntryFile;
  readonly predictions: EntryFile;
}

/** A kind on one side that the other cannot match, and sentences of different lengths. */
function checkSentence({ target, prediction }: ExamplePair, { index, targets, predictions }: Place): void {
  if ((target.kind === 'tags') !== (prediction.kind === 'tags')) {
    throw fileError(predictions.path, prediction.line, {
      problem: `example ${index + 1} is ${describe(prediction)}, its target ${describe(target)}`,
      likely: 'Both files hold tags, or neither does. --format says how files are read.',
    });
  }
  if (prediction.kind === 'references') {
    throw fileError(predictions.path, prediction.line, {
      problem: `example ${index + 1} has several predictions`,
      likely: 'Only targets may be lists of texts.',
    });
  }
  if (target.kind !== 'tags') return;
  const [wanted, given] = [target.value, prediction.value] as [readonly string[], readonly string[]];
  if (wanted.length === given.length) return;
  throw new FormatError({
    op: 'score-predictions',
    problem: `sentence ${index + 1} has ${given.length} tags, its target at ${targets.path}:${target.line} has ${wanted.length}`,
    likely: 'A sentence was truncated, or an empty line is missing.',
    page: 'predictions-count',
    file: `${predictions.path}:${prediction.line}`,
  });
}

const describe = ({ kind }: Entry): string => (kind === 'tags' ? 'a tagged sentence' : 'a text');

function countError(targets: EntryFile, predictions: EntryFile): FormatError {
  const [wanted, given] = [targets.entries.length, predictions.entries.length];
  const longer = given > wanted ? predictions : targets;
  const surplus = longer.entries[Math.min(wanted, given)]!;
  return new FormatError({
    op: 'score-predictions',
    problem: `${given} predictions (${predictions.format}) for ${wanted} targets (${targets.format} in ${targets.path})`,
    likely:
      'Texts with line breaks were split into lines: use JSON lines. The place named is the first without a partner.',
    page: 'predictions-count',
    file: surplus.line > 0 ? `${longer.path}:${surplus.line}` : longer.path,
    got: given,
    needed: wanted,
  });
}

function idError(path: string, { line }: Entry, problem: string): FormatError {
  return new FormatError({
    op: 'score-predictions',
    problem,
    likely: 'The files are of different runs or splits. A question without a prediction needs an empty one.',
    page: 'predictions-count',
    file: line > 0 ? `${path}:${line}` : path,
  });
}

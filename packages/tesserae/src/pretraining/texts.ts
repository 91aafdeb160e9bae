import { TrainingDataError } from '../training/row-fields.js';

/** Lines of running text; an empty line ends a document. */
export type PretrainingTexts = Iterable<string> | AsyncIterable<string>;

/** How texts are read. */
export interface ReadTextsOptions {
  /** Told of characters that were read, now and then. */
  readonly onProgress?: (progress: { readonly characters: number; readonly tokens: number }) => void;
  readonly signal?: AbortSignal;
}

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * Sentences of lines, blank lines kept. Examples are gathered from them: a paragraph as one line would be cut off where the
 * example is full.
 */
export async function* sentencesOf(lines: PretrainingTexts): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line.trim() === '') yield '';
    else for (const { segment } of sentences.segment(line)) yield segment;
  }
}

/** Lines, with reports of how far they were read. */
export async function* watchedLines(
  lines: PretrainingTexts,
  { signal, onRead }: { readonly signal?: AbortSignal; readonly onRead?: (characters: number) => void },
): AsyncGenerator<string> {
  let characters = 0;
  let reported = 0;
  for await (const line of lines) {
    signal?.throwIfAborted();
    characters += line.length + 1;
    if (characters - reported >= REPORT_EVERY) {
      reported = characters;
      onRead?.(characters);
    }
    yield line;
  }
  onRead?.(characters);
}

const REPORT_EVERY = 1 << 18;

/** The error for texts that give no example. */
export function noExamples(what: string, needed: string): TrainingDataError {
  return new TrainingDataError({
    op: 'pretrain',
    problem: `the ${what} texts give no example`,
    likely: `An empty file, or less text than ${needed}.`,
    page: 'training-empty',
    got: 0,
  });
}

import { DataError, show } from '../../errors.js';
import { type Place, placeOf } from '../../readers/place.js';
import type { Journal } from './journal.js';
import type { DocumentSource, PreparedDocument, PreparePlan } from './prepare-options.js';
import type { DocumentChunk } from './tokenize-chunk.js';

/** Documents that are tokenised together. */
export interface Chunk {
  readonly texts: DocumentChunk;
  /** Number of the first of them in the input. */
  readonly first: number;
  /** The place of each, as far as its reader says. */
  readonly places: readonly (Place | undefined)[];
}

/** Characters of a chunk: enough that handing it over costs little, few enough that memory stays small. */
const chunkCharacters = 2 ** 18;
const chunkDocuments = 4096;

/** The documents behind those of the journal, in chunks. */
export async function* documentChunks(
  documents: DocumentSource,
  { plan, journal }: { readonly plan: PreparePlan; readonly journal: Journal | undefined },
): AsyncGenerator<Chunk> {
  const { features, signal } = plan;
  const place = journal?.place ?? undefined;
  let number = place === undefined ? 0 : journal!.documents;
  const first = journal?.documents ?? 0;
  let texts: (readonly string[])[] = [];
  let places: (Place | undefined)[] = [];
  let characters = 0;
  const take = (): Chunk => {
    const chunk = { texts, places, first: number - texts.length };
    [texts, places, characters] = [[], [], 0];
    return chunk;
  };
  for await (const document of documents(place)) {
    signal?.throwIfAborted();
    if (number++ < first) continue; // a source without places comes from its beginning
    const row = features.map((feature) => featureText(document, feature, number - 1));
    characters += row.reduce((sum, { length }) => sum + length, 0);
    texts.push(row);
    places.push(placeOf(document));
    if (characters >= chunkCharacters || texts.length >= chunkDocuments) yield take();
  }
  if (number < first) throw shorterInput(number, first);
  if (texts.length > 0) yield take();
}

function featureText(document: PreparedDocument, feature: string, number: number): string {
  const text = (document as Readonly<Record<string, unknown>>)[feature];
  if (typeof text === 'string') return text;
  const place = placeOf(document);
  throw new DataError({
    op: 'prepareShards',
    field: feature,
    ...(place === undefined ? { place: `document ${number}` } : { file: place.file, line: place.line }),
    problem: `${feature} is ${show(text)}, needed a text. Fields here: ${Object.keys(document).join(', ') || 'none'}`,
    page: 'data-record',
    remedy: 'another field, or another format.',
  });
}

function shorterInput(number: number, first: number): DataError {
  return new DataError({
    op: 'prepareShards',
    problem: `the input has ${number} documents, but ${first} were prepared before`,
    page: 'data-resume',
    remedy: 'another input than before. Resume with the same one, or prepare anew, with overwrite.',
  });
}

import { checkValue } from '../errors.js';
import type { Normalizer } from '../pipeline.js';
import { createDecomposer, type NormalForm } from '../unicode/canonical-order.js';
import { createComposer } from '../unicode/composition.js';
import { createMarkTest } from '../unicode/marks.js';
import { createCharacterNormalizer, lowerCased, unitsOf } from './character-normalizer.js';

/**
 * A normal form of Unicode, at version 9, which Hugging Face's library has frozen.
 * @throws TokenizerError (bad-option) for another form
 */
export function createUnicodeNormalizer(form: NormalForm): Normalizer {
  checkValue('createUnicodeNormalizer', 'form', { value: form, rule: ['NFC', 'NFD', 'NFKC', 'NFKD'] });
  const composes = form === 'NFC' || form === 'NFKC';
  const decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  const decomposer = createDecomposer(decomposed, composes ? createComposer() : undefined);
  const seesNeighbours = (codePoint: number) =>
    /\p{M}/u.test(String.fromCodePoint(codePoint)) || (composes && isHangulPart(codePoint));
  return createCharacterNormalizer(
    { type: form },
    {
      expand(codePoint) {
        const alone = decomposer
          .normalizeRun([{ codePoint, start: 0, end: 0 }])
          .map((part) => part.codePoint);
        return [codePoint, ...alone].some(seesNeighbours) ? null : unitsOf(alone);
      },
      normalizeRun: decomposer.normalizeRun,
      takesPrevious: composes,
    },
  );
}

/** Lower-cases, character by character. */
export function createLowercaseNormalizer(): Normalizer {
  return createCharacterNormalizer(
    { type: 'Lowercase' },
    { expand: (codePoint) => unitsOf(lowerCased(codePoint)) },
  );
}

/** Removes marks (category M); run a decomposition first, else composed letters keep theirs. */
export function createStripAccentsNormalizer(): Normalizer {
  const isMark = createMarkTest();
  return createCharacterNormalizer(
    { type: 'StripAccents' },
    { expand: (codePoint) => unitsOf(isMark(codePoint) ? [] : [codePoint]) },
  );
}

/** Vowels and final consonants, which compose although they are no marks. */
function isHangulPart(codePoint: number): boolean {
  return codePoint >= 0x1161 && codePoint <= 0x11ff;
}

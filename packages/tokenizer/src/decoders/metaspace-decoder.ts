import {
  metaspaceJson,
  metaspaceSettings,
  type MetaspaceOptions,
} from '../pre-tokenizers/metaspace-pre-tokenizer.js';
import type { Decoder } from '../pipeline.js';

/** Marks become spaces; the first token loses its marks, unless none is ever prepended. */
export function createMetaspaceDecoder(options: MetaspaceOptions = {}): Decoder {
  const settings = metaspaceSettings('createMetaspaceDecoder', options);
  const { replacement, prependScheme } = settings;
  return Object.freeze({
    type: 'Metaspace',
    onlyGrows: true,
    decode: (tokens: readonly string[]): readonly string[] =>
      tokens.map((token, index) =>
        token.replaceAll(replacement, index === 0 && prependScheme !== 'never' ? '' : ' '),
      ),
    toJson: () => metaspaceJson(settings),
  });
}

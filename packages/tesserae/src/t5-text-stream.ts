import type { StreamedIds } from '@tesserae/t5-model';
import type { StreamDecoder, Tokenizer } from '@tesserae/tokenizer';

/** A piece of text that will not change any more. */
export interface StreamedText extends StreamedIds {
  readonly text: string;
}

/** Ids of one sequence to text, as they come. */
export class T5TextStream {
  private readonly decoder: StreamDecoder;

  constructor(tokenizer: Tokenizer) {
    this.decoder = tokenizer.streamDecoder({ skipSpecialTokens: true });
  }

  /** The piece with the text that is certain now; the last one has the rest. */
  add(piece: StreamedIds): StreamedText {
    const text = piece.ids.map((id) => this.decoder.push(id)).join('');
    const rest = piece.finishReason === undefined ? '' : this.decoder.finish();
    return { ...piece, text: text + rest };
  }
}

import type { FilledToken } from '@tesserae/task-heads';
import { decodeMask } from '@tesserae/task-heads';
import { FormatError, OptionError } from '@tesserae/tensor';
import type { Encoding } from '@tesserae/tokenizer';
import type { PredictOptions } from './encoder-facade.js';
import { EncoderFacade } from './encoder-facade.js';
import type { RunRowsOptions } from './encoder-runner.js';

/** A piece in the place of a mask. */
export interface MaskFill extends FilledToken {
  /** The piece as the vocabulary spells it. */
  readonly token: string;
  /** The text with this piece, the other masks left. */
  readonly text: string;
}

/** How masks are filled. */
export interface FillMaskOptions extends PredictOptions {
  /** Pieces for each mask; default 5. */
  readonly topK?: number;
  /** Pieces that are compared with each other alone. */
  readonly targets?: readonly string[];
}

/** Classes that fill in what is masked. */
export abstract class MaskedLMFacade<Config> extends EncoderFacade<Config> {
  /** Pieces for each mask of each text, best first. @throws OptionError when a text has no mask */
  async predict(texts: readonly string[], options: FillMaskOptions = {}): Promise<MaskFill[][][]> {
    this.checkPredictOptions(options, ['topK', 'targets']);
    const { topK, targets } = options;
    const ids = targets?.map((target) => this.idOf(target));
    const rows = this.encodeRows(texts, options);
    const places = rows.map((row, index) => this.masksOf(row, index));
    const found = await this.run(rows, options);
    return rows.map((row, index) =>
      places[index]!.map((at) => {
        const size = found[index]!['logits']!.length / row.ids.length;
        const logits = found[index]!['logits']!.subarray(at * size, (at + 1) * size);
        const best = decodeMask(logits, {
          ...(topK === undefined ? {} : { topK }),
          ...(ids === undefined ? {} : { targets: ids }),
        });
        return best.map((fill) => ({ ...fill, ...this.filled(fill.id, { row, at, text: texts[index]! }) }));
      }),
    );
  }

  /**
   * Pseudo-log-likelihood of each text: the sum of log P(token | the others), each masked in turn.
   * @param options.withinWord  'original' (Salazar et al. 2020) or 'l2r', which also masks the later tokens of the same word
   *   (Kauf & Ivanova 2023); default 'l2r'
   */
  async score(
    texts: readonly string[],
    options: PredictOptions & { readonly withinWord?: 'original' | 'l2r' } = {},
  ): Promise<{ readonly logProb: number; readonly tokenLogProbs: readonly number[] }[]> {
    this.checkPredictOptions(options, ['withinWord']);
    const results = [];
    for (const row of this.encodeRows(texts, options)) results.push(await this.scoreRow(row, options));
    return results;
  }

  private async scoreRow(
    row: Encoding,
    options: RunRowsOptions & { readonly withinWord?: 'original' | 'l2r' },
  ): Promise<{ readonly logProb: number; readonly tokenLogProbs: readonly number[] }> {
    const { withinWord = 'l2r' } = options;
    const mask = this.maskId();
    const at = [...row.ids.keys()].filter((place) => row.specialTokensMask[place] === 0);
    const rows = at.map((place) => {
      const isHidden = (other: number): boolean =>
        other === place ||
        (withinWord === 'l2r' && other > place && row.wordIds[other] === row.wordIds[place]);
      return { ...row, ids: row.ids.map((id, other) => (isHidden(other) ? mask : id)) };
    });
    const found = await this.run(rows, options);
    const tokenLogProbs = at.map((place, index) => {
      const { logits } = found[index]!;
      const size = logits!.length / row.ids.length;
      return logProbOf(logits!.subarray(place * size, (place + 1) * size), row.ids[place]!);
    });
    return { logProb: tokenLogProbs.reduce((sum, value) => sum + value, 0), tokenLogProbs };
  }

  private maskId(): number {
    const mask = this.tokenizer.specialTokens.mask;
    if (mask !== undefined) return mask.id;
    throw new FormatError({
      op: 'fillMask',
      problem: 'the tokenizer has no mask token',
      likely: 'It is not one of a masked language model.',
      page: 'tokenizer-missing',
    });
  }

  private idOf(target: string): number {
    const id = this.tokenizer.tokenToId(target);
    if (id !== undefined) return id;
    throw new OptionError({
      op: 'fillMask',
      problem: `target '${target}' is not in the vocabulary`,
      likely: 'Targets are pieces as the vocabulary spells them.',
      page: 'option-value',
      got: target,
    });
  }

  private masksOf({ ids }: Encoding, index: number): number[] {
    const mask = this.maskId();
    const places = [...ids.keys()].filter((at) => ids[at] === mask);
    if (places.length > 0) return places;
    const token = this.tokenizer.idToToken(mask);
    throw new OptionError({
      op: 'fillMask',
      problem: `text ${index} has no ${token}`,
      likely: `Put ${token} where a piece is to be filled in.`,
      page: 'fill-mask',
      got: index,
      needed: token,
    });
  }

  private filled(
    id: number,
    { row, at, text }: { readonly row: Encoding; readonly at: number; readonly text: string },
  ): { readonly token: string; readonly text: string } {
    const token = this.tokenizer.idToToken(id)!;
    const piece = this.tokenizer.decode(Int32Array.of(id), { skipSpecialTokens: false });
    const [start, end] = [row.offsets[2 * at]!, row.offsets[2 * at + 1]!];
    return { token, text: text.slice(0, start) + piece.trim().replace(/^##/, '') + text.slice(end) };
  }
}

function logProbOf(logits: Float32Array, id: number): number {
  let largest = -Infinity;
  for (const value of logits) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return logits[id]! - largest - Math.log(sum);
}

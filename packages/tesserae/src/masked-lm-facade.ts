import type { FilledToken, TextLikelihood, WithinWord } from '@tesserae/task-heads';
import { decodeMask, maskedRows, textLikelihood } from '@tesserae/task-heads';
import { FormatError, OptionError, logSoftmax, takeAlong } from '@tesserae/tensor';
import type { Encoding } from '@tesserae/tokenizer';
import type { PredictOptions } from './encoder-facade.js';
import { EncoderFacade } from './encoder-facade.js';
import type { EncoderRunner } from './encoder-runner.js';

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

/** How texts are scored. */
export interface ScoreMaskedOptions extends PredictOptions {
  /** What is hidden of a token's word; default 'l2r'. */
  readonly withinWord?: WithinWord;
}

/** Texts whose tokens are scored together. */
const TEXTS_AT_ONCE = 32;

/** Classes that fill in what is masked. The head runs on the masked positions only. */
export abstract class MaskedLMFacade<Config> extends EncoderFacade<Config> {
  private filler: EncoderRunner | undefined;
  private scorer: EncoderRunner | undefined;

  /** Pieces for each mask of each text, best first. @throws OptionError when a text has no mask */
  async predict(texts: readonly string[], options: FillMaskOptions = {}): Promise<MaskFill[][][]> {
    this.checkPredictOptions(options, ['topK', 'targets']);
    const { topK, targets } = options;
    const ids = targets?.map((target) => this.idOf(target));
    const rows = this.encodeRows(texts, options);
    const places = rows.map((row, index) => this.masksOf(row, index));
    this.filler ??= this.newRunner(({ logits }) => ({ logits: logits! }), { more: ['logit_positions'] });
    const found = await this.filler.run(
      rows.map(({ ids: rowIds, typeIds }, index) => ({
        ids: rowIds,
        typeIds,
        more: { logit_positions: places[index]! },
      })),
      options,
    );
    const { vocabSize } = this.config as { readonly vocabSize: number };
    return rows.map((row, index) =>
      places[index]!.map((at, mask) => {
        const logits = found[index]!['logits']!.subarray(mask * vocabSize, (mask + 1) * vocabSize);
        const best = decodeMask(logits, {
          ...(topK === undefined ? {} : { topK }),
          ...(ids === undefined ? {} : { targets: ids }),
        });
        return best.map((fill) => ({ ...fill, ...this.filled(fill.id, { row, at, text: texts[index]! }) }));
      }),
    );
  }

  /**
   * Pseudo-log-likelihood of each text: the sum of log P(token | the others), each masked in turn, so that a text of n tokens
   * is read n times.
   */
  async score(texts: readonly string[], options: ScoreMaskedOptions = {}): Promise<TextLikelihood[]> {
    this.checkPredictOptions(options, ['withinWord']);
    const { withinWord, onProgress, ...reading } = options;
    const rows = this.encodeRows(texts, options);
    const results: TextLikelihood[] = [];
    for (let start = 0; start < rows.length; start += TEXTS_AT_ONCE) {
      const part = rows.slice(start, start + TEXTS_AT_ONCE);
      const masking = { maskId: this.maskId(), ...(withinWord === undefined ? {} : { withinWord }) };
      const masked = part.map((row) => maskedRows(row, masking).map((each) => ({ ...each, row })));
      const logProbs = await this.scoreRows(masked.flat(), reading);
      let next = 0;
      results.push(...masked.map((each) => textLikelihood(each.map(() => logProbs[next++]!))));
      onProgress?.(results.length, rows.length);
    }
    return results;
  }

  /** log P of each row's target at its position. */
  private async scoreRows(
    rows: readonly (ReturnType<typeof maskedRows>[number] & { readonly row: Encoding })[],
    options: PredictOptions,
  ): Promise<number[]> {
    this.scorer ??= this.newRunner(
      ({ logits }, { target_ids: targets }) => ({ logProbs: takeAlong(logSoftmax(logits!), targets!) }),
      { more: ['logit_positions', 'target_ids'] },
    );
    const found = await this.scorer.run(
      rows.map(({ ids, position, target, row: { typeIds } }) => ({
        ids,
        typeIds,
        more: { logit_positions: [position], target_ids: [target] },
      })),
      options,
    );
    return found.map(({ logProbs }) => logProbs![0]!);
  }

  protected override async releaseGraphs(): Promise<void> {
    await this.filler?.release();
    await this.scorer?.release();
    [this.filler, this.scorer] = [undefined, undefined];
    await super.releaseGraphs();
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

import type { GreedyOptions, T5Config, T5Generator, T5Params } from '@tesserae/t5-model';
import { createT5Generator } from '@tesserae/t5-model';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { hostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import { t5ForConditionalGeneration } from './architectures/t5.js';
import type { FromPretrainedOptions } from './model-facade.js';
import { ModelFacade, onBackend, openOnBackend } from './model-facade.js';
import type { PretrainedModel } from './pretrained.js';
import { createModel } from './pretrained.js';

/** T5 that writes text: load, generate, save. */
export class T5ForConditionalGeneration extends ModelFacade<T5Config> {
  private generator: Promise<T5Generator> | undefined;

  /**
   * Loads a model from a folder, a path or a hub id.
   * @throws ConfigError · FormatError · FolderError · HubError, each naming the file and the remedy
   */
  static async fromPretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<T5ForConditionalGeneration> {
    return new T5ForConditionalGeneration(
      await openOnBackend(source, t5ForConditionalGeneration.name, options),
    );
  }

  /** The name Python users know. */
  static from_pretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<T5ForConditionalGeneration> {
    return T5ForConditionalGeneration.fromPretrained(source, options);
  }

  /** A new model with random weights. */
  static async create(
    config: T5Config,
    options: { readonly seed: number; readonly tokenizer?: Tokenizer; readonly backend?: Backend },
  ): Promise<T5ForConditionalGeneration> {
    const model = await createModel(t5ForConditionalGeneration, config, options);
    return T5ForConditionalGeneration.fromModel(model, options);
  }

  /** Wraps a model that is in memory already, such as one just trained. */
  static async fromModel(
    model: PretrainedModel<T5Config>,
    { backend }: { readonly backend?: Backend } = {},
  ): Promise<T5ForConditionalGeneration> {
    return new T5ForConditionalGeneration(await onBackend(model, backend));
  }

  /** Texts that the model answers with, greedily, one per input and in their order. */
  async generate(texts: readonly string[], options: GreedyOptions = {}): Promise<string[]> {
    if (texts.length === 0) return [];
    const { inputIds, attentionMask, batch, seqLen } = this.tokenizer.encodeBatch(texts, {
      padding: 'longest',
    });
    const rows = await this.generateIds(
      {
        inputIds: hostTensor('i32', [batch, seqLen], inputIds as Int32Array<ArrayBuffer>),
        attentionMask: hostTensor('i32', [batch, seqLen], attentionMask as Int32Array<ArrayBuffer>),
      },
      options,
    );
    return rows.map((ids) => this.tokenizer.decode(ids, { skipSpecialTokens: true }));
  }

  /** Ids that the model answers with, without the start token; the end token is kept. */
  async generateIds(
    batch: { readonly inputIds: HostTensor; readonly attentionMask: HostTensor },
    options: GreedyOptions = {},
  ): Promise<readonly Int32Array[]> {
    this.generator ??= createT5Generator(
      this.model.params as T5Params<HostTensor>,
      this.config,
      this.backend,
    );
    return (await this.generator).greedy(batch, options);
  }

  protected async releaseGraphs(): Promise<void> {
    (await this.generator)?.release();
    this.generator = undefined;
  }
}

import type { ElectraConfig } from '@tesserae/electra-model';
import type { Backend, CompiledFunction, DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, hostTensor, softmax, spec, symbol } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import { electraForSequenceClassification } from './architectures/electra.js';
import type { FromPretrainedOptions } from './model-facade.js';
import { ModelFacade, onBackend, openOnBackend } from './model-facade.js';
import type { PretrainedModel } from './pretrained.js';
import { createModel } from './pretrained.js';

/** A decision about a text. */
export interface Classification {
  /** The likeliest class. */
  readonly label: string;
  /** Its probability. */
  readonly score: number;
  /** Probability of every class, in the order of the config's labels. */
  readonly scores: readonly number[];
}

/** How texts are classified. */
export interface PredictOptions {
  /** Texts per run; default 32. */
  readonly batchSize?: number;
  /** Longest input in tokens; default: what the model can read. */
  readonly maxLength?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

interface ClassifyArgs<Leaf = Tensor> {
  readonly params: object;
  readonly inputs: { readonly input_ids: Leaf; readonly attention_mask: Leaf; readonly token_type_ids: Leaf };
}

interface ClassifyResult<Leaf = Tensor> {
  readonly probabilities: Leaf;
}

/** ELECTRA that decides about whole texts or pairs: load, predict, save. */
export class ElectraForSequenceClassification extends ModelFacade<ElectraConfig> {
  private classify: Promise<CompiledFunction<ClassifyArgs, ClassifyResult>> | undefined;

  /**
   * Loads a model from a folder, a path or a hub id. A pre-trained discriminator has no such head: pass
   * `newHeadSeed` (and labels in `config`) to start one.
   * @throws ConfigError · FormatError · FolderError · HubError, each naming the file and the remedy
   */
  static async fromPretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<ElectraForSequenceClassification> {
    return new ElectraForSequenceClassification(
      await openOnBackend(source, electraForSequenceClassification.name, options),
    );
  }

  /** The name Python users know. */
  static from_pretrained(
    source: string | ModelFolder,
    options: FromPretrainedOptions = {},
  ): Promise<ElectraForSequenceClassification> {
    return ElectraForSequenceClassification.fromPretrained(source, options);
  }

  /** A new model with random weights. */
  static async create(
    config: ElectraConfig,
    options: { readonly seed: number; readonly tokenizer?: Tokenizer; readonly backend?: Backend },
  ): Promise<ElectraForSequenceClassification> {
    const model = await createModel(electraForSequenceClassification, config, options);
    return ElectraForSequenceClassification.fromModel(model, options);
  }

  /** Wraps a model that is in memory already, such as one just trained. */
  static async fromModel(
    model: PretrainedModel<ElectraConfig>,
    { backend }: { readonly backend?: Backend } = {},
  ): Promise<ElectraForSequenceClassification> {
    return new ElectraForSequenceClassification(await onBackend(model, backend));
  }

  /** Classifies texts, or pairs of texts, in their order. */
  async predict(
    texts: readonly (string | readonly [string, string])[],
    options: PredictOptions = {},
  ): Promise<Classification[]> {
    const { batchSize = 32, maxLength = this.config.maxPositions, signal, onProgress } = options;
    const results: Classification[] = [];
    for (let start = 0; start < texts.length; start += batchSize) {
      signal?.throwIfAborted();
      const rows = texts.slice(start, start + batchSize);
      const batch = this.tokenizer.encodeBatch(rows, { padding: 'longest', maxLength });
      const tensor = (ids: Int32Array): HostTensor =>
        hostTensor('i32', [batch.batch, batch.seqLen], ids as Int32Array<ArrayBuffer>);
      results.push(
        ...(await this.classifyBatch({
          input_ids: tensor(batch.inputIds),
          attention_mask: tensor(batch.attentionMask),
          token_type_ids: tensor(batch.typeIds),
        })),
      );
      onProgress?.(results.length, texts.length);
    }
    return results;
  }

  private async classifyBatch(inputs: ClassifyArgs<HostTensor>['inputs']): Promise<Classification[]> {
    this.classify ??= this.compileClassifier();
    const run = await this.classify;
    const { probabilities } = (await run({ inputs } as never)) as unknown as ClassifyResult<DeviceTensor>;
    const { data, shape } = await this.backend.download(probabilities);
    probabilities.release();
    const [batch, numLabels] = shape as readonly [number, number];
    return Array.from({ length: batch }, (_, row) =>
      this.decide(Array.from(data.subarray(row * numLabels, (row + 1) * numLabels))),
    );
  }

  private decide(scores: readonly number[]): Classification {
    const best = scores.indexOf(Math.max(...scores));
    return { label: this.config.labels[best] ?? `LABEL_${best}`, score: scores[best]!, scores };
  }

  private compileClassifier(): Promise<CompiledFunction<ClassifyArgs, ClassifyResult>> {
    const ids = spec('i32', [symbol('batch'), symbol('seqLen')]);
    return compile(
      ({ params, inputs }: ClassifyArgs): ClassifyResult => {
        const outputs = electraForSequenceClassification.forward(params as never, inputs as never, {
          config: this.config,
          rng: undefined,
        });
        return { probabilities: softmax(outputs['logits']!) };
      },
      this.backend,
      {
        name: 'electra.classify',
        constants: { params: this.model.params } as never,
        specs: { inputs: { input_ids: ids, attention_mask: ids, token_type_ids: ids } } as never,
      },
    );
  }

  protected async releaseGraphs(): Promise<void> {
    (await this.classify)?.release();
    this.classify = undefined;
  }
}

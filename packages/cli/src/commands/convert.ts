import type { DType } from '@tesserae/tensor';
import { flattenTree, sizeOf } from '@tesserae/tensor';
import type { ParamSpec, WeightsFormat } from '@tesserae/weights';
import { openFolder, saveFolder } from '@tesserae/weights/node';
import { loadPretrained, modelFiles } from 'tesserae';
import type { PretrainedModel } from 'tesserae';
import type { CommandContext } from '../command-context.js';
import { createProgress } from '../progress.js';

interface ConvertOptions {
  readonly input: string;
  readonly output: string;
  readonly class?: string;
  readonly format?: WeightsFormat;
  readonly dtype: DType;
  readonly overwrite: boolean;
}

/** Element types that weights are written in. */
export const CONVERTED_DTYPES = ['f32', 'f16', 'bf16'] as const satisfies readonly DType[];

interface Report {
  readonly output: CommandContext['output'];
  readonly dtype: ConvertOptions['dtype'];
  readonly out: string;
  readonly written: readonly string[];
}

/** Reads a model in any form and writes it as a Hugging Face folder with safetensors. */
export async function runConvert(options: ConvertOptions, { output, signal }: CommandContext): Promise<void> {
  const { dtype, overwrite, class: className, format } = options;
  const folder = await openFolder(options.input);
  const progress = createProgress('reading', 100, { isQuiet: output.isJson });
  const model = await loadPretrained(folder, {
    className,
    format,
    signal,
    onProgress: ({ loadedBytes, totalBytes }) =>
      progress.update(Math.floor((100 * loadedBytes) / totalBytes)),
  });
  progress.stop();
  const files = modelFiles(model, { dtype });
  await saveFolder(options.output, files, { overwrite, signal });
  report(model, { output, dtype, out: options.output, written: [...files.keys()] });
}

function report(
  { architecture, specs, source, tokenizer }: PretrainedModel,
  { output, dtype, out, written }: Report,
): void {
  const entries = flattenTree<ParamSpec>(specs);
  const values = entries.reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);
  const { format: read, ignored, guessed } = source!;
  output.result(
    {
      class: architecture.name,
      format: read,
      dtype,
      params: entries.length,
      values,
      ignored,
      guessed,
      files: written,
    },
    [
      `${architecture.name}: ${entries.length} parameters, ${values.toLocaleString('en')} values, from ${read} to ${dtype}`,
      ...(ignored.length > 0 ? [`${ignored.length} tensors left out on purpose, such as ${ignored[0]}`] : []),
      ...(guessed.length > 0
        ? ['no config.json; made from the shapes:', ...guessed.map((reason) => `  ${reason}`)]
        : []),
      ...(tokenizer === undefined
        ? ['no tokenizer in the folder: add its files before using the model on text']
        : []),
      `written to ${out}: ${written.join(', ')}`,
    ].join('\n'),
  );
}

import { dirname, basename } from 'node:path';
import type { HostTensor } from '@tesserae/tensor';
import { formatSpec, isFloat } from '@tesserae/tensor';
import { loadPretrained, runForward } from 'tesserae';
import type { ForwardResult } from 'tesserae';
import type { Output } from '../output.js';
import type { WeightsFormat } from '@tesserae/weights';
import { openSafetensors, writeSafetensors } from '@tesserae/weights';
import { fileSource, openFolder, saveFolder } from '@tesserae/weights/node';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../command-context.js';

interface ForwardOptions {
  readonly model: string;
  readonly inputs: string;
  readonly out: string;
  readonly grads: boolean;
  readonly overwrite: boolean;
  readonly class?: string;
  readonly format?: WeightsFormat;
  readonly backend: string;
  readonly threads?: number;
}

/** Runs one forward pass of a folder on given inputs and writes what came out. */
export async function runForwardCommand(options: ForwardOptions, context: CommandContext): Promise<void> {
  const { signal } = context;
  const inputs = await readInputs(options.inputs, signal);
  const { class: className, format } = options;
  const model = await loadPretrained(await openFolder(options.model), { className, format, signal });
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const result = await runForward(model, inputs, { backend, withGrads: options.grads });
    await writeResult(result, options, { class: model.architecture.name, backend: backend.name, signal });
    report(result, options, {
      class: model.architecture.name,
      backend: backend.name,
      output: context.output,
    });
  } finally {
    await backend.close();
  }
}

async function writeResult(
  { outputs, grads }: ForwardResult,
  { out, overwrite }: ForwardOptions,
  { signal, ...facts }: { readonly class: string; readonly backend: string; readonly signal: AbortSignal },
): Promise<void> {
  const entries: [string, HostTensor][] = [
    ...Object.entries(outputs),
    ...Object.entries(grads).map(([name, grad]): [string, HostTensor] => [`grad.${name}`, grad]),
  ];
  const chunks = writeSafetensors(entries, { metadata: { format: 'pt', ...facts } });
  await saveFolder(dirname(out), { [basename(out)]: chunks }, { overwrite, signal });
}

function report(
  { outputs, grads }: ForwardResult,
  { out, grads: withGrads }: ForwardOptions,
  { output, ...facts }: { readonly class: string; readonly backend: string; readonly output: Output },
): void {
  const specs = Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, formatSpec(tensor)]),
  );
  const loss = outputs['loss']?.data[0];
  const gradients = Object.keys(grads).length;
  output.result(
    { ...facts, outputs: specs, loss, gradients, out },
    [
      `${facts.class} on ${facts.backend}`,
      ...Object.entries(specs).map(([name, text]) => `  ${name.padEnd(26)} ${text}`),
      ...(loss === undefined ? [] : [`  loss = ${loss}`]),
      ...(withGrads ? [`  ${gradients} gradients`] : []),
      `written to ${out}`,
    ].join('\n'),
  );
}

/** Integers of any width become i32; floats stay. */
async function readInputs(path: string, signal: AbortSignal): Promise<Record<string, HostTensor>> {
  const file = await openSafetensors(await fileSource(path), { signal });
  const inputs: Record<string, HostTensor> = {};
  for (const name of file.names) {
    const { dtype } = file.spec(name);
    const isNumber = dtype !== undefined && isFloat(dtype);
    inputs[name] = isNumber ? await file.read(name, { signal }) : await file.readIntegers(name, { signal });
  }
  return inputs;
}

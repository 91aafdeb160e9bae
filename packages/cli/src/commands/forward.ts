import { dirname, basename } from 'node:path';
import type { HostTensor } from '@tesserae/tensor';
import { formatSpec, isFloat } from '@tesserae/tensor';
import { loadPretrained, runForward } from 'tesserae';
import { openSafetensors, writeSafetensors } from '@tesserae/weights';
import { fileSource, openFolder, saveFolder } from '@tesserae/weights/node';
import { openBackend } from '../backend-choice.js';
import type { CommandContext } from '../program.js';

interface ForwardOptions {
  readonly model: string;
  readonly inputs: string;
  readonly out: string;
  readonly grads: boolean;
  readonly overwrite: boolean;
  readonly class?: string;
  readonly backend: string;
  readonly threads?: number;
}

/** Runs one forward pass of a folder on given inputs and writes what came out. */
export async function runForwardCommand(
  options: ForwardOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const inputs = await readInputs(options.inputs, signal);
  const model = await loadPretrained(await openFolder(options.model), { className: options.class, signal });
  const backend = await openBackend({ name: options.backend, threads: options.threads });
  try {
    const { outputs, grads } = await runForward(model, inputs, { backend, withGrads: options.grads });
    const entries: [string, HostTensor][] = [
      ...Object.entries(outputs),
      ...Object.entries(grads).map(([name, grad]): [string, HostTensor] => [`grad.${name}`, grad]),
    ];
    const chunks = writeSafetensors(entries, {
      metadata: { format: 'pt', class: model.architecture.name, backend: backend.name },
    });
    await saveFolder(
      dirname(options.out),
      { [basename(options.out)]: chunks },
      { overwrite: options.overwrite, signal },
    );
    const specs = Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, formatSpec(tensor)]),
    );
    const loss = outputs['loss']?.data[0];
    output.result(
      {
        class: model.architecture.name,
        backend: backend.name,
        outputs: specs,
        loss,
        grads: Object.keys(grads).length,
        out: options.out,
      },
      [
        `${model.architecture.name} on ${backend.name}`,
        ...Object.entries(specs).map(([name, text]) => `  ${name.padEnd(26)} ${text}`),
        ...(loss === undefined ? [] : [`  loss = ${loss}`]),
        ...(options.grads ? [`  ${Object.keys(grads).length} gradients`] : []),
        `written to ${options.out}`,
      ].join('\n'),
    );
  } finally {
    await backend.close();
  }
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

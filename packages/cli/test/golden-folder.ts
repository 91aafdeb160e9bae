import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostTensor } from '@tesserae/tensor';
import { bytesSource, openSafetensors, weightFiles, writeSafetensors } from '@tesserae/weights';
import type { TensorFile } from '@tesserae/weights';
import { saveFolder } from '@tesserae/weights/node';

const FIXTURES = fileURLToPath(new URL('../../../tools/golden/fixtures/', import.meta.url));

/** A golden fixture laid out as a user has it: a Hugging Face folder, and a file of inputs. */
export interface GoldenFolder {
  readonly path: string;
  readonly inputs: string;
  readonly fixture: TensorFile;
}

/** Writes a fixture of tools/golden as a model folder with `inputs.safetensors` beside it. */
export async function goldenFolder(name: string): Promise<GoldenFolder> {
  const bytes = new Uint8Array(await readFile(`${FIXTURES}${name}.safetensors`));
  const fixture = await openSafetensors(bytesSource(name, bytes));
  const root = await mkdtemp(join(tmpdir(), 'tesserae-cli-'));
  const path = join(root, 'model');
  const { config, class: className } = fixture.metadata;
  const json = { ...(JSON.parse(config!) as object), architectures: [className!.split(' ')[0]] };
  const weights = weightFiles(await part(fixture, 'weight/'));
  await saveFolder(
    path,
    new Map([...weights, ['config.json', JSON.stringify(json)]] as [string, string | Uint8Array[]][]),
  );
  const inputs = await part(fixture, 'input/');
  const names = inputs.map(([inputName]) => inputName);
  await saveFolder(root, { 'inputs.safetensors': writeSafetensors(inputs, { asInt64: names }) });
  return { path, inputs: join(root, 'inputs.safetensors'), fixture };
}

async function part(file: TensorFile, prefix: string): Promise<[string, HostTensor][]> {
  const names = file.names.filter((name) => name.startsWith(prefix));
  const isFloat = prefix === 'weight/';
  return Promise.all(
    names.map(async (name): Promise<[string, HostTensor]> => [
      name.slice(prefix.length),
      isFloat ? await file.read(name) : await file.readIntegers(name),
    ]),
  );
}

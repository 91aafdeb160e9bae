import { createCpuBackend } from '@tesserae/backend-cpu';
import { compareTensors } from '@tesserae/backend-testkit';
import type { DeviceTensor, HostTensor, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, hostTensor, mapTree, valueAndGrad } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { Head, TaskInputs, TaskOutputs } from '../src/encoder.js';
import { googleAnswerHead, googleSequenceHead, googleTokenHead } from '../src/google-task-heads.js';
import { openFixture } from './fixture.js';

// The heads of google-research/electra against PyTorch: tools/golden, topic electra_google_heads.

const backend = createCpuBackend();
const file = await openFixture('electra-google-heads');
const beamSize = Number(file.metadata['beam_size']);
const hiddenSize = 5;

async function under(prefix: string): Promise<Record<string, HostTensor>> {
  const names = file.names.filter((name) => name.startsWith(prefix));
  const read = names.map(async (name): Promise<[string, HostTensor]> => {
    const isFloat = file.spec(name).dtype === 'f32';
    return [name.slice(prefix.length), await (isFloat ? file.read(name) : file.readIntegers(name))];
  });
  return Object.fromEntries(await Promise.all(read));
}

function expectClose(got: HostTensor | undefined, needed: HostTensor, what: string): void {
  expect(got, what).toBeDefined();
  const { isClose, report } = compareTensors(got!, needed, { rtol: 1e-4, atol: 1e-5 });
  expect(isClose, `${what}: ${report}`).toBe(true);
}

/** Labels at the words' first tokens, as a tagging head reads them. */
function tagLabels(input: Readonly<Record<string, HostTensor>>): HostTensor {
  const [batch, seqLen] = input['hidden']!.shape as [number, number];
  const [, words] = input['positions']!.shape as [number, number];
  const labels = new Int32Array(batch * seqLen).fill(-100);
  for (let at = 0; at < batch * words; at++) {
    if (input['word_mask']!.data[at] === 0) continue;
    labels[Math.floor(at / words) * seqLen + input['positions']!.data[at]!] = input['word_labels']!.data[at]!;
  }
  return hostTensor('i32', [batch, seqLen], labels);
}

const LABELS: Readonly<Record<string, string>> = {
  start_positions: 'startPositions',
  end_positions: 'endPositions',
  is_impossible: 'isImpossible',
  labels: 'labels',
};
const OUTPUTS: Readonly<Record<string, string>> = {
  start_logits: 'startLogits',
  end_logits: 'endLogits',
  answerable_logit: 'answerableLogit',
  start_top_log_probs: 'startTopLogProbs',
  start_top_index: 'startTopIndices',
  end_top_log_probs: 'endTopLogProbs',
  end_top_index: 'endTopIndices',
  logits: 'logits',
};

type Tree<Leaf> = Readonly<Record<string, Leaf>>;

/** The head's parameters, from the file, by the names that its specs say. */
async function paramsOf(name: string, head: Head): Promise<object> {
  const weights = await under(`${name}/weight/`);
  const specs = head.specs({ hiddenSize, dropoutRate: 0.1, initializerRange: 0.02 });
  const names = flattenTree<ParamSpec>(specs).map(({ leaf }) => leaf.name!);
  expect(names.sort()).toEqual(Object.keys(weights).sort());
  return mapTree(specs, (leaf: ParamSpec) => {
    expect(weights[leaf.name!]!.shape).toEqual(leaf.shape);
    return weights[leaf.name!]!;
  }) as object;
}

interface Args {
  readonly params: object;
  readonly hidden: Tensor;
  readonly inputs: Tree<Tensor>;
}

const HEADS: Readonly<Record<string, Head<never>>> = {
  classification: googleSequenceHead({ numLabels: 3, reduction: 'sum' }),
  regression: googleSequenceHead({ numLabels: 1, isRegression: true, reduction: 'sum' }),
  tagging: googleTokenHead({ numLabels: 3, reduction: 'sum' }),
  joint: googleAnswerHead({ beamSize, reduction: 'sum' }),
  'joint-direct': googleAnswerHead({ beamSize, answerabilityReadsStarts: false, reduction: 'sum' }),
  'joint-only': googleAnswerHead({ beamSize, hasAnswerability: false, reduction: 'sum' }),
  independent: googleAnswerHead({ isJoint: false, reduction: 'sum' }),
};

async function download(tree: unknown): Promise<Tree<HostTensor>> {
  const entries = flattenTree<DeviceTensor>(tree).map(
    async ({ path, leaf }) => [path, await backend.download(leaf)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

describe.each(Object.entries(HEADS))('the %s head', (name, head) => {
  it('gives the outputs, the loss and every gradient of the reference', async () => {
    const { hidden, ...input } = await under(`${name}/input/`);
    const params = await paramsOf(name, head);
    const inputs: Record<string, HostTensor> = {};
    for (const [own, ours] of Object.entries(LABELS)) if (input[own] !== undefined) inputs[ours] = input[own];
    if (name === 'tagging') inputs['labels'] = tagLabels({ hidden: hidden!, ...input });
    if (input['attention_mask'] !== undefined) {
      inputs['attentionMask'] = input['attention_mask'];
      inputs['tokenTypeIds'] = input['token_type_ids']!;
    }
    const forward = (args: Args, given: Tree<Tensor>): TaskOutputs =>
      head.forward(args.params as never, args.hidden, {
        inputs: given as unknown as TaskInputs,
        dropoutRate: 0.1,
        rng: undefined,
      });
    const run = await compile((args: Args) => {
      const differentiate = valueAndGrad((tree: Omit<Args, 'inputs'>) => {
        const { loss, ...outputs } = forward({ ...args, ...tree }, args.inputs);
        return { loss: loss!, outputs };
      });
      const { grads, result } = differentiate({ params: args.params, hidden: args.hidden });
      const { attentionMask, tokenTypeIds } = args.inputs;
      const masks: Tree<Tensor> =
        attentionMask === undefined ? {} : { attentionMask, tokenTypeIds: tokenTypeIds! };
      return { grads, trained: result, predicted: forward(args, masks) };
    }, backend);
    const found = (await run({ params, hidden: hidden!, inputs } as never)) as unknown as {
      readonly grads: { readonly params: unknown; readonly hidden: DeviceTensor };
      readonly trained: { readonly loss: DeviceTensor; readonly outputs: unknown };
      readonly predicted: unknown;
    };
    const outputs = { ...(await download(found.predicted)), ...(await download(found.trained.outputs)) };
    const { losses, ...needed } = await under(`${name}/output/`);
    for (const [output, value] of Object.entries(needed))
      expectClose(outputs[OUTPUTS[output]!], value, output);
    const loss = await backend.download(found.trained.loss);
    expect(loss.data[0]).toBeCloseTo(
      Array.from(losses!.data).reduce((sum, value) => sum + value, 0),
      4,
    );
    const gradients = await under(`${name}/grad/`);
    expectClose(await backend.download(found.grads.hidden), gradients['hidden']!, 'hidden');
    const leaves = await download(found.grads.params);
    const specs = head.specs({ hiddenSize, dropoutRate: 0.1, initializerRange: 0.02 });
    for (const { path, leaf } of flattenTree<ParamSpec>(specs)) {
      expectClose(leaves[path], gradients[leaf.name!]!, leaf.name!);
    }
  });
});

describe('names in checkpoints of google-research/electra', () => {
  const facts = { hiddenSize, dropoutRate: 0, initializerRange: 0 };
  const namesOf = (head: Head<never>): readonly string[] =>
    flattenTree<ParamSpec>(head.specs(facts)).map(({ leaf }) => leaf.name!.replace('task_specific.', ''));

  it('number the dense layers of a task in the order in which its code makes them', () => {
    expect(namesOf(googleSequenceHead({ numLabels: 2, taskName: 'sst' }))).toEqual([
      'sst.dense.weight',
      'sst.dense.bias',
    ]);
    const squad = namesOf(googleAnswerHead({ taskName: 'squad' })).filter((name) => name.endsWith('.weight'));
    expect(squad).toEqual(
      ['dense', 'qa_hidden', 'dense_1', 'dense_2', 'dense_3'].map((layer) => `squad.${layer}.weight`),
    );
    const direct = namesOf(
      googleAnswerHead({ taskName: 'squad', isJoint: false, answerabilityReadsStarts: false }),
    );
    expect(direct.filter((name) => name.endsWith('.bias'))).toEqual(
      ['dense', 'dense_1', 'dense_2'].map((layer) => `squad.${layer}.bias`),
    );
  });
});

describe('options that do not fit', () => {
  it('are refused', () => {
    expect(() => googleAnswerHead({ beams: 3 } as never)).toThrow(/unknown option 'beams'/);
    expect(() => googleSequenceHead({ numLabels: 2, isRegression: true })).toThrow(/1 output, not 2/);
    expect(() => googleTokenHead({ numLabels: 2, reduction: 'max' as never })).toThrow(/reduction is 'max'/);
  });
});

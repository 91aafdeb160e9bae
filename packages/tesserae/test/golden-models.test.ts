import { existsSync, readdirSync } from 'node:fs';
import type { Backend, Tensor } from '@tesserae/tensor';
import { compile, flattenTree, mul, reduceSum, valueAndGrad } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runForward } from '../src/forward.js';
import type { LoadPretrainedOptions, PretrainedModel } from '../src/pretrained.js';
import {
  BACKENDS,
  committed,
  expectClose,
  expectGradients,
  loadGolden,
  openGolden,
  shared,
  tensorsUnder,
} from './golden-fixture.js';

/** The bound; two right implementations in f32 are some 1e-5 apart on logits of size 10. */
const outputTolerance = { rtol: 1e-4, atol: 1e-4 };

/** A mistake in a T5 trap changes a logit by at least this: far more than any tolerance lets pass. */
const MUST_SHOW = 1;

/** Names in golden-numerics that differ from the fields of the class's output. */
const OUTPUT_NAMES: Readonly<Record<string, string>> = { encoder_last_hidden: 'encoder_last_hidden_state' };

/** Hidden states and attention weights of single layers, which the forward pass does not give. */
const isInner = (name: string): boolean => /^(hidden|attention)_\d+$/.test(name);

async function checkForward(url: URL, backend: Backend, options: LoadPretrainedOptions = {}): Promise<void> {
  const file = await openGolden(url);
  const model = await loadGolden(file, options);
  const { outputs, grads } = await runForward(model, await tensorsUnder(file, 'input/'), {
    backend,
    withGrads: true,
  });
  for (const [name, needed] of Object.entries(await tensorsUnder(file, 'output/'))) {
    if (isInner(name)) continue;
    expectClose(outputs[OUTPUT_NAMES[name] ?? name], needed, { what: name, ...outputTolerance });
  }
  await expectGradients(grads, file);
}

/** Smallest change of a logit or an output that a mistake listed in the file makes. */
async function smallestWrongVariant(url: URL): Promise<number> {
  const { metadata } = await openGolden(url);
  const listed = metadata['wrong_variant_max_logit_diff'] ?? metadata['wrong_variant_max_output_diff'];
  return Math.min(...Object.values(JSON.parse(listed!) as Record<string, number>));
}

/** What each T5 trap says when it holds. */
const T5_TRAPS: Readonly<Record<string, string>> = {
  't5-trap-decoder-bias-unidirectional': 'decoder bias is unidirectional',
  't5-trap-tied-head-scaled': 'the tied head of 1.0 reads scaled outputs',
  't5-trap-untied-head-not-scaled': 'the untied head of 1.1 reads them unscaled',
  't5-trap-no-cross-attention-bias': 'cross-attention has no position bias',
  't5-trap-no-head-dim-scaling': 'scores are not divided by the root of headDim',
  't5-trap-padding-masks': 'source padding is hidden in the encoder and in cross-attention',
  't5-trap-bias-table-shared': 'the table of block 0 serves every block',
  't5-trap-inner-width': 'numHeads · headDim need not be dModel',
  't5-trap-head-in-file-not-scaled':
    'a head in the file is used though the config ties, unscaled when it says so',
  't5-trap-head-in-file-scaled':
    'a head in the file is used though the config ties, scaled when it says nothing else',
  't5-trap-tied-head-not-scaled': 'the embeddings are the head, unscaled when the config says so',
};

const T5_FIXTURES: Readonly<Record<string, string>> = {
  't5-1.0': 'T5 1.0: relu, tied head, decoder of 44',
  't5-1.1': 'T5 1.1: gated GELU, own head, 3 decoder blocks over 2 encoder blocks, 12 buckets',
  't5-decoder-attention-mask': 'a decoder padded on the left',
};

/** Variants and classes, each by its own name in Hugging Face. */
const T5_VARIANTS: Readonly<Record<string, string>> = {
  't5-gated-silu-deep-encoder': 'the depths of a ByT5 (3 + 1), gated SiLU, own head',
  't5-gelu-not-gated': 'exact GELU without a gate, 1 + 2 blocks, 8 buckets up to distance 20',
  mt5: 'mT5: own head, not scaled',
  'mt5-tied': 'mT5 tied: not scaled either',
  'umt5-tied': 'UMT5 tied: scaled; 3 + 1 blocks with 16 buckets each',
  't5-sequence-classification': 'sequence classification at the last of two end tokens',
  'mt5-sequence-classification-of-several': 'several classes at once, mT5',
  'umt5-sequence-regression': 'regression, UMT5',
  't5-token-classification': 'token classification',
  'umt5-token-classification': 'token classification, UMT5',
  't5-question-answering': 'question answering, an end beyond the text left out',
  'mt5-question-answering': 'question answering, mT5',
};

/** Classes without a loss: gradients of a weighted sum of last_hidden_state. */
const WITHOUT_LOSS: Readonly<Record<string, string>> = {
  'electra-model': 'the bare ELECTRA encoder',
  't5-model': 'both stacks of a T5, three decoder blocks over two',
  't5-encoder': 'the encoder of a T5',
  'umt5-encoder': 'the encoder of a UMT5',
};

const ELECTRA_FIXTURES: Readonly<Record<string, string>> = {
  'electra-sequence-classification': 'sequence classification',
  'electra-token-classification': 'token classification, labels of -100 left out',
  'electra-pre-training': 'discriminator, labels at padding left out',
  'electra-masked-lm': 'generator, projected embeddings',
  'electra-masked-lm-equal-sizes': 'generator without embeddings_project',
  'electra-question-answering': 'question answering, no gradient for the padding row',
  'electra-multiple-choice': 'multiple choice',
};

/** Fixtures that other tests read. */
const ELSEWHERE = [
  'answers-of-transformers-4',
  'task-entities',
  'task-n-best',
  'electra-adamw-steps',
  'electra-google-heads',
  'electra-pretraining-all-tied',
  'electra-pretraining-all-tokens-mlm',
  'electra-pretraining-disallow-correct',
  'electra-pretraining-electra-15',
  'electra-pretraining-electric',
  'electra-pretraining-masked-lm',
  'electra-pretraining-replace-mlm',
  'electra-pretraining-temperature',
  'electra-pretraining-tied',
  'electra-pretraining-two-tower',
  'electra-pretraining-uniform',
  'electra-pretraining-untied-embeddings',
  'electra-token-pipeline',
  'peft-electra',
  'peft-t5',
  'sampling-filters',
  't5-1.0-generate',
  't5-1.1-generate',
  't5-beams-of-transformers-4',
  't5-adamw-steps',
  't5-1.0-greedy',
  't5-1.1-greedy',
  'ops',
  'objectives',
  'metrics-numbers',
  'metrics-text',
  'metrics-unicode',
  'training-definitions',
];
const UMT5 = 't5-trap-bias-table-per-layer-umt5';

describe('golden fixtures', () => {
  it('are all tested', () => {
    const present = readdirSync(committed('x').pathname.replace(/[^/]*$/, '')).filter((name) =>
      name.endsWith('.safetensors'),
    );
    const tested = [T5_TRAPS, T5_FIXTURES, T5_VARIANTS, WITHOUT_LOSS, ELECTRA_FIXTURES].flatMap((table) =>
      Object.keys(table),
    );
    expect(present.map((name) => name.replace('.safetensors', '')).sort()).toEqual(
      [...tested, ...ELSEWHERE, UMT5].sort(),
    );
  });
});

describe.each(BACKENDS)('on $name', ({ create }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await create();
  });
  afterAll(() => backend.close());

  describe('t5 golden', () => {
    for (const [name, statement] of Object.entries(T5_TRAPS)) {
      it(statement, async () => {
        expect(await smallestWrongVariant(committed(name)), 'the mistake must show').toBeGreaterThan(
          MUST_SHOW,
        );
        await checkForward(committed(name), backend);
      });
    }

    for (const [name, statement] of Object.entries(T5_FIXTURES)) {
      it(statement, () => checkForward(committed(name), backend));
    }

    it('every block of a UMT5 reads its own table', async () => {
      expect(await smallestWrongVariant(committed(UMT5)), 'the mistake must show').toBeGreaterThan(MUST_SHOW);
      await checkForward(committed(UMT5), backend);
    });

    for (const [name, statement] of Object.entries(T5_VARIANTS)) {
      it(statement, () => checkForward(committed(name), backend));
    }
  });

  describe('electra golden', () => {
    for (const [name, statement] of Object.entries(ELECTRA_FIXTURES)) {
      it(statement, async () => {
        // The smallest is tanh for the exact GELU.
        expect(await smallestWrongVariant(committed(name)), 'the mistake must show').toBeGreaterThan(
          5 * outputTolerance.atol,
        );
        await checkForward(committed(name), backend);
      });
    }
  });

  describe('classes without a loss, and gradients of a sum of their outputs', () => {
    for (const [name, statement] of Object.entries(WITHOUT_LOSS)) {
      it(statement, async () => {
        const file = await openGolden(committed(name));
        const model = await loadGolden(file);
        const inputs = await tensorsUnder(file, 'input/');
        const { outputs } = await runForward(model, inputs, { backend });
        for (const [output, needed] of Object.entries(await tensorsUnder(file, 'output/'))) {
          if (!isInner(output)) expectClose(outputs[output], needed, { what: output, ...outputTolerance });
        }
        const cotangent = await file.read('cotangent/last_hidden_state');
        await expectGradients(await gradientsOfSum(model, { ...inputs, cotangent }, backend), file);
      });
    }
  });

  const numerics = shared('golden-numerics');
  const isAbsent = !existsSync(numerics);
  const reason = isAbsent ? ' (skipped: ../shared/data/golden-numerics is not here)' : '';
  describe.skipIf(isAbsent)(`golden-numerics of an early Hugging Face release${reason}`, () => {
    for (const name of isAbsent
      ? ['its files']
      : readdirSync(numerics).filter((name) => name.endsWith('.safetensors'))) {
      it(name, () => checkForward(shared(`golden-numerics/${name}`), backend));
    }
  });
});

/** Gradients of sum(last_hidden_state · cotangent) by checkpoint name. */
async function gradientsOfSum(
  { architecture, config, params, specs }: PretrainedModel,
  inputs: Awaited<ReturnType<typeof tensorsUnder>>,
  backend: Backend,
): ReturnType<typeof tensorsUnder> {
  const fn = await compile((args: { params: unknown; inputs: Record<string, Tensor> }) => {
    const { cotangent, ...rest } = args.inputs;
    const sum = valueAndGrad((tree: unknown) => {
      const outputs = architecture.forward(tree, rest, { config, rng: undefined });
      return reduceSum(mul(outputs['last_hidden_state']!, cotangent!));
    });
    return { grads: sum(args.params).grads };
  }, backend);
  const { grads } = await fn({ params, inputs } as never);
  const leaves = flattenTree<never>(grads);
  const names = new Map(flattenTree<ParamSpec>(specs).map(({ path, leaf }) => [path, leaf.name!]));
  const downloaded = leaves.map(
    async ({ path, leaf }) => [names.get(path)!, await backend.download(leaf)] as const,
  );
  return Object.fromEntries(await Promise.all(downloaded));
}

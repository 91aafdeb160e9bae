import type { Backend, DeviceTensor, HostTensor, LossResult, Rng, Tensor } from '@tesserae/tensor';
import { compile, dropout, flattenTree, full, hostScalar, rngFrom, rngKeyAt, spec } from '@tesserae/tensor';
import type { StepMetrics, TrainStep } from '@tesserae/training';
import { adamW, createTrainStep, decaysMatrices, linearSchedule } from '@tesserae/training';
import type { ParamSpec, TensorFile } from '@tesserae/weights';
import { describe, expect, it } from 'vitest';
import type { PretrainedModel } from '../src/pretrained.js';
import { BACKENDS, committed, expectClose, loadGolden, openGolden, tensorsUnder } from './golden-fixture.js';

type Batch = Readonly<Record<string, HostTensor>>;

interface Recipe {
  readonly file: TensorFile;
  readonly model: PretrainedModel;
  readonly batches: readonly Batch[];
  readonly schedule: (step: number) => number;
}

/** A fixture's model, batches and hyper-parameters. */
async function recipeOf(name: string, config: Readonly<Record<string, unknown>> = {}): Promise<Recipe> {
  const file = await openGolden(committed(name));
  const totalSteps = Number(file.metadata['total_steps']);
  const batches = Array.from({ length: totalSteps }, (_, step) => tensorsUnder(file, `input/step_${step}/`));
  return {
    file,
    model: await loadGolden(file, { config }),
    batches: await Promise.all(batches),
    schedule: linearSchedule({
      learningRate: Number(file.metadata['learning_rate']),
      warmupSteps: Number(file.metadata['warmup_steps']),
      totalSteps,
    }),
  };
}

/** Paths of parameters by their checkpoint names. */
function namesByPath({ specs }: PretrainedModel): ReadonlyMap<string, string> {
  return new Map(flattenTree<ParamSpec>(specs).map(({ path, leaf }) => [path, leaf.name!]));
}

function createStep({ file, model }: Recipe, backend: Backend): Promise<TrainStep> {
  const { metadata } = file;
  const { architecture, config } = model;
  return createTrainStep({
    backend,
    lossFn: (params: unknown, batch: Readonly<Record<string, Tensor>>, rng: Rng) =>
      architecture.forward(params, batch, { config, rng }) as LossResult,
    optimizer: adamW({
      beta1: Number(metadata['beta1']),
      beta2: Number(metadata['beta2']),
      epsilon: Number(metadata['eps']),
      weightDecay: Number(metadata['weight_decay']),
    }),
    maxGradNorm: Number(metadata['max_grad_norm']),
    seed: 17,
  });
}

/** Trains on the first batches; gives what each step measured, and the final weights by checkpoint name. */
async function train(
  recipe: Recipe,
  backend: Backend,
  steps: number,
): Promise<{ readonly metrics: readonly StepMetrics[]; readonly final: Batch }> {
  const step = await createStep(recipe, backend);
  let state = step.init(recipe.model.params);
  const metrics: StepMetrics[] = [];
  for (const [index, batch] of recipe.batches.slice(0, steps).entries()) {
    const done = await step.run(state, batch, { learningRate: recipe.schedule(index) });
    state = done.state;
    metrics.push(done.metrics);
  }
  const params = await step.readParams(state);
  step.dispose(state);
  step.release();
  const names = namesByPath(recipe.model);
  const final = flattenTree<HostTensor>(params).map(({ path, leaf }) => [names.get(path)!, leaf]);
  return { metrics, final: Object.fromEntries(final) as Batch };
}

const listOf = (values: readonly number[]): HostTensor => ({
  dtype: 'f32',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** The bound; a wrong recipe is off by 1.4e-4 at least, most by 1e-2. */
const lossTolerance = { rtol: 0, atol: 1e-4 };
/** Norms are of order 1 and 10 and sum thousands of squares. */
const normTolerance = { rtol: 1e-4, atol: 1e-5 };
/** What tells a wrong weight decay or beta2 apart; the same run in double is 6e-6 away. */
const weightTolerance = { rtol: 0, atol: 1e-5 };
/** Softmax does not see the keys' biases: their gradient is rounding noise, which Adam scales up. */
const noiseTolerance = { rtol: 0, atol: 5e-5 };

describe.each(BACKENDS)('ten AdamW steps on $name', ({ create }) => {
  for (const name of ['t5-adamw-steps', 'electra-adamw-steps']) {
    it(`${name} follow PyTorch: losses, gradient norms, final weights`, async () => {
      const backend = await create();
      const recipe = await recipeOf(name);
      const { metrics, final } = await train(recipe, backend, 10);
      await backend.close();
      const golden = await tensorsUnder(recipe.file, 'output/');
      expectClose(listOf(metrics.map(({ loss }) => loss)), golden['losses']!, {
        what: 'losses',
        ...lossTolerance,
      });
      expectClose(listOf(metrics.map(({ gradNorm }) => gradNorm)), golden['grad_norms']!, {
        what: 'gradient norms',
        ...normTolerance,
      });
      const needed = await tensorsUnder(recipe.file, 'final/');
      expect(Object.keys(final).sort()).toEqual(Object.keys(needed).sort());
      for (const [weight, value] of Object.entries(needed)) {
        const tolerance = weight.endsWith('.key.bias') ? noiseTolerance : weightTolerance;
        expectClose(final[weight], value, { what: weight, ...tolerance });
      }
    });
  }
});

describe('weight decay', () => {
  for (const name of ['t5-adamw-steps', 'electra-adamw-steps']) {
    it(`spares what PyTorch spared in ${name}`, async () => {
      const { file, model } = await recipeOf(name);
      const spared = flattenTree<ParamSpec>(model.specs)
        .filter(({ path, leaf }) => !decaysMatrices(path, leaf.shape))
        .map(({ leaf }) => leaf.name!);
      expect(spared.sort()).toEqual(JSON.parse(file.metadata['no_decay']!));
    });
  }
});

describe('the linear schedule', () => {
  for (const name of ['t5-adamw-steps', 'electra-adamw-steps']) {
    it(`gives the learning rates of ${name}`, async () => {
      const { file, schedule } = await recipeOf(name);
      const needed = await file.read('output/learning_rates');
      const got = listOf(Array.from({ length: 10 }, (_, step) => schedule(step)));
      expectClose(got, needed, { what: 'learning rates', rtol: 1e-6, atol: 0 });
    });
  }
});

describe('dropout of one seed', () => {
  const dropouts = {
    't5-adamw-steps': { dropout_rate: 0.1 },
    'electra-adamw-steps': {
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.2,
      classifier_dropout: 0.3,
    },
  };
  for (const [name, rates] of Object.entries(dropouts)) {
    it(`gives ${name} the same losses on every backend, other than without dropout`, async () => {
      const recipe = await recipeOf(name, rates);
      const runs = await Promise.all(
        BACKENDS.map(async ({ create }) => {
          const backend = await create();
          const { metrics } = await train(recipe, backend, 2);
          await backend.close();
          return metrics.map(({ loss }) => loss);
        }),
      );
      const [cpu, onnx] = runs;
      const golden = await recipe.file.read('output/losses');
      cpu!.forEach((loss, step) => {
        expect(Math.abs(loss - golden.data[step]!), 'dropout must show').toBeGreaterThan(1e-3);
        expect(Math.abs(loss - onnx![step]!)).toBeLessThan(1e-5);
      });
    });
  }

  it('makes masks that are the same bit for bit on every backend', async () => {
    const shapes = [[7], [3, 5, 11], [2, 4, 9, 9], [64, 1001]];
    const masksOf = async (create: () => Promise<Backend>): Promise<readonly (readonly number[])[]> => {
      const backend = await create();
      const fn = await compile(({ key }: { readonly key: Tensor }) => {
        const rng = rngFrom(key);
        return shapes.map((shape, index) =>
          dropout(full(spec('f32', shape), 1), { rate: 0.1 * (index + 1), rng }),
        );
      }, backend);
      const outputs = (await fn({ key: rngKeyAt(23, 4) })) as readonly DeviceTensor[];
      const masks = await Promise.all(
        outputs.map(async (output) => Array.from((await backend.download(output)).data)),
      );
      await backend.close();
      return masks;
    };
    const [cpu, onnx] = await Promise.all(BACKENDS.map(({ create }) => masksOf(create)));
    expect(onnx).toEqual(cpu);
    const kept = cpu!.map((mask) => mask.filter((value) => value !== 0).length / mask.length);
    expect(kept[1]).toBeCloseTo(0.8, 1); // 165 draws: a deviation of 0.03
    expect(hostScalar('f32', 1 / 0.7).data[0]).toBe(cpu![2]!.find((value) => value !== 0));
  });
});

import { createCpuBackend } from '@tesserae/backend-cpu';
import { T5_DEFAULTS } from '@tesserae/t5-model';
import { createByt5Tokenizer } from '@tesserae/tokenizer';
import type { ModelFolder } from '@tesserae/weights';
import { joinChunks, memoryFolder } from '@tesserae/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { t5ForConditionalGeneration } from '../src/architectures/t5.js';
import type { Json } from '../src/architectures/architecture.js';
import type { PretrainedModel } from '../src/pretrained.js';
import { createModel, modelFiles } from '../src/pretrained.js';
import { T5ForConditionalGeneration } from '../src/t5-for-conditional-generation.js';

const sizes = { dModel: 16, headDim: 8, numHeads: 2, dFf: 32, numLayers: 1, numDecoderLayers: 1 };
const taskParams = { shout: { prefix: 'shout: ', max_new_tokens: 3, min_new_tokens: 3 } };
const generationConfig = { max_new_tokens: 5, min_new_tokens: 5, num_beams: 2, transformers_version: '5.0' };

async function folderWith(parts: { generationConfig?: Json; taskParams?: Json }): Promise<ModelFolder> {
  const config = { ...T5_DEFAULTS, ...sizes, vocabSize: 384 };
  const model = await createModel(t5ForConditionalGeneration, config, {
    seed: 3,
    tokenizer: createByt5Tokenizer(),
  });
  const files = [...modelFiles({ ...model, ...parts } as PretrainedModel)].map(([name, content]) => [
    name,
    typeof content === 'string' ? content : joinChunks([...content]),
  ]);
  return memoryFolder('m', Object.fromEntries(files) as Record<string, string | Uint8Array>);
}

const open = async (folder: ModelFolder): Promise<T5ForConditionalGeneration> =>
  T5ForConditionalGeneration.fromPretrained(folder, { backend: createCpuBackend() });

describe("a folder's settings of generation", () => {
  let model: T5ForConditionalGeneration;
  beforeAll(async () => {
    model = await open(await folderWith({ generationConfig, taskParams }));
  });

  it('are defaults of generate, and options of a call come before them', async () => {
    const { sequences, scores } = await model.generateDetailed('a', { outputScores: false });
    expect(sequences.map(({ length }) => length)).toEqual([5]);
    expect(scores).toHaveLength(1); // beams have scores
    const own = await model.generateDetailed('a', { maxNewTokens: 2, minNewTokens: 2, numBeams: 1 });
    expect(own.sequences.map(({ length }) => length)).toEqual([2]);
  });

  it('of a task put its prefix before the text', async () => {
    const byTask = await model.generateDetailed('a', { task: 'shout' });
    const byHand = await model.generateDetailed('shout: a', { maxNewTokens: 3, minNewTokens: 3 });
    expect(byTask.sequences).toEqual(byHand.sequences);
    expect(byTask.sequences[0]).toHaveLength(3);
    await expect(model.generate('a', { task: 'whisper' })).rejects.toThrow(/Its tasks are shout/);
  });

  it('are saved with the model', () => {
    const saved = modelFiles(model.model as PretrainedModel);
    expect(JSON.parse(saved.get('generation_config.json') as string)).toEqual(generationConfig);
    expect(JSON.parse(saved.get('config.json') as string)).toMatchObject({
      task_specific_params: taskParams,
    });
  });

  it('that cannot be used are errors naming the file', async () => {
    const wrong = await open(await folderWith({ generationConfig: { num_beams: 'four' } }));
    await expect(wrong.generate('a')).rejects.toThrow(/generation_config\.json/);
  });

  it('the stream of a text is the text', async () => {
    const options = { maxNewTokens: 12, minNewTokens: 12, numBeams: 1 };
    const pieces: string[] = [];
    for await (const { text } of model.stream('a', options)) pieces.push(text);
    expect([pieces.join('')]).toEqual(await model.generate('a', options));
  });

  it('rank is by the scores of the targets', async () => {
    const inputs = [{ input: 'a', targets: ['b', 'a longer text'] }];
    const logProbs = (await model.score(inputs))[0]!.map(({ logProb }) => logProb);
    const [ranked] = await model.rank(inputs);
    expect(ranked!.scores).toEqual(logProbs);
    expect(ranked!.best).toBe(logProbs[0]! >= logProbs[1]! ? 0 : 1);
  });
});

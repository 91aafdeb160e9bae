import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { loadPronunciations } from './src/quickstart/pronunciation-data.ts';
import { trainPronouncer } from './src/quickstart/pronouncer.ts';
import { loadSpamData } from './src/quickstart/spam-data.ts';
import { trainSpamFilter, trainMailTokenizer } from './src/quickstart/spam-filter.ts';
const [what, secs, json] = process.argv.slice(2);
const over = JSON.parse(json ?? '{}');
const backend = await createOnnxNodeBackend({ threads: 2, worker: process.env.INPROC ? false : true });
const signal = new AbortController().signal;
const t0=performance.now();
if (what === 't5') {
  const data = loadPronunciations();
  const r = await trainPronouncer(data, { dModel: 128, dFf: 256, numHeads: 4, numLayers: 3, numDecoderLayers: 2, batchSize: 128, totalSteps: 1200, learningRate: 3e-3, scoredWords: 500, ...over }, { backend, seed: 1, budgetMs: Number(secs)*1000, isQuiet: true, signal });
  console.log(JSON.stringify(over), r.training.steps, (r.training.elapsedMs/1000).toFixed(0)+'s', r.training.finalLoss.toFixed(3), r.scores, ((performance.now()-t0)/1000).toFixed(0));
} else {
  const data = await loadSpamData(); console.log('data', ((performance.now()-t0)/1000).toFixed(1));
  const plan = { vocabSize: 8000, hiddenSize: 128, numLayers: 3, seqLen: 128, batchSize: 32, totalSteps: 450, learningRate: 1e-3, ...over };
  const tokenizer = await trainMailTokenizer(data.train, { vocabSize: plan.vocabSize, signal }); console.log('tok', ((performance.now()-t0)/1000).toFixed(1));
  const r = await trainSpamFilter(data, plan, { tokenizer, backend, seed: 1, budgetMs: Number(secs)*1000, isQuiet: true, signal });
  console.log(JSON.stringify(over), r.training.steps, (r.training.elapsedMs/1000).toFixed(0)+'s', r.training.finalLoss.toFixed(3), r.scores, ((performance.now()-t0)/1000).toFixed(0));
}
await backend.close();

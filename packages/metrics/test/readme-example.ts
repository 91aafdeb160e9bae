import { METRICS, bleu, bootstrap, precisionRecallF1, squad } from '@tesserae/metrics';

const targets = ['The cat sat on the mat.', 'It rained all day.'];
const predictions = ['The cat sat on a mat.', 'It rained all the day.'];

const { bleu: score, signature } = bleu(targets, predictions); // 0–100
console.log(score.toFixed(2), signature);

console.log(squad([['a blue whale', 'whale']], ['The whale'])); // percent, best of the references
console.log(precisionRecallF1(['ham', 'spam'], ['ham', 'ham'], { average: 'macro' }).f1); // 0–1

const { low, high } = bootstrap(METRICS.bleu, { targets, predictions }, { seed: 1 });
console.log(low <= score && score <= high);

import { createMixture, createTask, listSource, t5Format, templateFormat } from '@tesserae/data';

const spam = createTask({
  format: templateFormat({
    name: 'spam',
    inputs: 'spam: {text}',
    classes: ['no', 'yes'],
    metrics: ['accuracy'],
  }),
  source: listSource([
    { text: 'You have won!', label: 1 },
    { text: 'See you at noon.', label: 0 },
  ]),
});
const cola = createTask({
  format: t5Format('glue_cola_v002'),
  source: listSource([{ sentence: 'They drank the pub.', label: 0 }]),
});
const mixture = createMixture({ name: 'small', parts: [{ of: spam, rate: 2 }, { of: cola }] });

for await (const { example, cursor } of mixture.examples({ seed: 1 })) {
  console.log(`${example.inputs} -> ${example.targets}`); // cola sentence: They drank the pub. -> unacceptable
  if (cursor.position === 6) break; // JSON.stringify(cursor) resumes the stream here: { seed: 1, from: cursor }
}

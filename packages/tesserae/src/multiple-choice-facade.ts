import { argMaxOf, softmaxOf } from '@tesserae/task-heads';
import type { Tensor } from '@tesserae/tensor';
import { expandDims } from '@tesserae/tensor';
import type { PredictOptions } from './encoder-facade.js';
import { EncoderFacade } from './encoder-facade.js';
import type { EncoderRunner, SelectOutputs } from './encoder-runner.js';
import type { PretrainedModel } from './pretrained.js';

/** A beginning and what may follow. */
export interface Choices {
  readonly prompt: string;
  readonly choices: readonly string[];
}

/** The choice that fits best. */
export interface Chosen {
  /** Its number, from 0. */
  readonly index: number;
  readonly choice: string;
  /** Probability among the choices. */
  readonly score: number;
  /** Of every choice, in their order. */
  readonly scores: readonly number[];
}

/** Classes that choose among continuations. */
export abstract class MultipleChoiceFacade<Config> extends EncoderFacade<Config> {
  /** The best choice for each prompt; there may be other numbers of choices for each. */
  async predict(questions: readonly Choices[], options: PredictOptions = {}): Promise<Chosen[]> {
    this.checkPredictOptions(options);
    const pairs = questions.flatMap(({ prompt, choices }) =>
      choices.map((choice) => [prompt, choice] as const),
    );
    const found = await this.run(this.encodeRows(pairs, options), options);
    let next = 0;
    return questions.map(({ choices }) => {
      const scores = [...softmaxOf(choices.map(() => found[next++]!['logits']![0]!))];
      const index = argMaxOf(scores);
      return { index, choice: choices[index]!, score: scores[index]!, scores };
    });
  }

  /** A choice is scored by itself: each row is a question with one choice. */
  protected override newRunner(select: SelectOutputs): EncoderRunner {
    const { model } = this;
    const { architecture } = model;
    const alone: PretrainedModel<Config>['architecture'] = {
      ...architecture,
      forward: (params, inputs, options) => {
        const rows = Object.entries(inputs).map(([name, ids]): [string, Tensor] => [
          name,
          expandDims(ids, { axis: 1 }),
        ]);
        return architecture.forward(params, Object.fromEntries(rows), options);
      },
    };
    return super.newRunner(select, { model: { ...model, architecture: alone } });
  }
}

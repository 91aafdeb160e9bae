import type { DebugLevel, Graph, HostTensor } from '@tesserae/tensor';
import { planMemory } from '@tesserae/tensor';
import type { ProgramSource } from './engine/host.js';
import type { ProgramSignature } from './executable.js';
import { signatureOf } from './executable.js';
import { splitWrites } from './in-place-writes.js';
import { lowerToModel } from './lower/lower-graph.js';
import type { Target } from './lower/target.js';
import { encodeModel } from './model/encode.js';
import type { OnnxModel } from './model/types.js';

/** Constants beyond this many bytes stay outside the model, which must stay below 2 GiB. */
const MODEL_CONSTANT_BYTES = 1.5 * 2 ** 30;

/** A graph on its way to the engine. */
interface LoweredProgram {
  readonly model: OnnxModel;
  readonly source: ProgramSource;
  readonly signature: ProgramSignature;
  readonly graph: Graph;
}

interface ProgramOptions {
  readonly id: number;
  readonly constants: ReadonlyMap<number, HostTensor>;
  readonly target: Target;
}

/** Lowers a graph to a model and the plan of its runs. */
export function lowerToProgram(graph: Graph, { id, constants, target }: ProgramOptions): LoweredProgram {
  const embedded = embeddable(constants);
  const split = splitWrites(graph);
  const lowered = lowerToModel(split.graph, {
    target,
    opset: 21,
    constants: embedded,
    takesHostRandom: true,
  });
  const { model, inputNames, outputNames } = lowered;
  const kept = graph.inputs.flatMap((_, index) => (constants.has(index) ? [] : [index]));
  const randomInputs = lowered.randomInputs.map((random) => ({ ...random, key: kept.indexOf(random.key) }));
  const own = (input: number): number => kept.indexOf(input);
  const residents = [...constants].filter(([index]) => !embedded.has(index));
  const source: ProgramSource = {
    id,
    name: graph.name,
    model: encodeModel(model),
    operators: model.nodes.length,
    inputs: kept.map((index) => inputNames[index]!),
    results: split.graph.outputs.map(({ spec }, index) => ({ name: outputNames[index]!, dtype: spec.dtype })),
    computed: split.computed,
    writes: split.writes.map((write) => ({ ...write, input: own(write.input) })),
    aliases: split.graph.aliases.map(({ output, input }) => ({ output, input: own(input) })),
    residents: residents.map(([index, value]) => ({ name: inputNames[index]!, value })),
    randomInputs,
  };
  return { graph, model, source, signature: signatureOf(graph, constants, randomInputs) };
}

/** The constants that fit into the model file, in order. */
function embeddable(constants: ReadonlyMap<number, HostTensor>): ReadonlyMap<number, HostTensor> {
  let sum = 0;
  return new Map([...constants].filter(([, { data }]) => (sum += data.byteLength) <= MODEL_CONSTANT_BYTES));
}

/** Lines for the log: what was made and how long it took; from level 2 on, which operators it is made of. */
export function describeProgram(
  { graph, model, source }: LoweredProgram,
  {
    loweredMs,
    sessionMs,
    debug,
  }: { readonly loweredMs: number; readonly sessionMs: number; readonly debug: DebugLevel },
): readonly string[] {
  const megabytes = (source.model.byteLength / 2 ** 20).toFixed(1);
  const times = `lowered in ${loweredMs.toFixed(0)} ms, session opened in ${sessionMs.toFixed(0)} ms`;
  const lines = [
    `[${source.name}] onnx: ${model.nodes.length} operators, ${megabytes} MiB${peakOf(graph)}; ${times}`,
  ];
  if (debug >= 2) lines.push(`[${source.name}] operators: ${operatorCounts(model)}`);
  if (debug >= 3) {
    const { aliases, randomInputs, residents } = source;
    lines.push(
      `[${source.name}] ${aliases.length + source.writes.length} donated, ${source.writes.length} of them written in place, ${randomInputs.length} random inputs, ` +
        `${model.initializers.length} constants inside, ${residents.length} beside the model`,
    );
  }
  return lines;
}

/** What the intermediate values need at once by core's plan; unknown while sizes are symbolic. */
function peakOf(graph: Graph): string {
  const isKnown = graph.inputs.every(({ spec }) => spec.shape.every((dim) => typeof dim === 'number'));
  return isKnown ? `, at least ${(planMemory(graph, {}).arenaBytes / 2 ** 20).toFixed(0)} MiB to run` : '';
}

function operatorCounts({ nodes }: OnnxModel): string {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([op, count]) => `${op} ×${count}`).join(', ');
}

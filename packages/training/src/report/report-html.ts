import type { TrainerEvent } from '../trainer/events.js';
import { scalarsOf } from '../loggers/logger.js';

/** What a report shows. */
export interface RunReport {
  readonly title: string;
  readonly events: readonly TrainerEvent[];
  /** The resolved config of the run. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Facts worth knowing: machine, versions, date. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** The chart library, as text to be put into the page: uPlot's script and style. */
export interface ChartLibrary {
  readonly script: string;
  readonly style: string;
}

interface Curve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** More points than a screen has columns are thinned out: each shown value is the mean of its neighbours. */
const MOST_POINTS = 2000;

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
#curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(30rem, 1fr)); gap: 1.5rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
pre { background: #f4f4f4; padding: 1rem; overflow: auto } .warning { color: #8a4b00 }
`;

/** A page that needs nothing else: curves, best scores, config, warnings. All text is escaped. */
export function reportHtml(
  { title, events, config, facts = {} }: RunReport,
  { script, style }: ChartLibrary,
): string {
  const curves = curvesOf(events);
  const data = JSON.stringify(curves).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}
${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${table(summaryOf(events, facts))}
<h2>Curves</h2>
<div id="curves"></div>
${evaluationTable(events)}
${warnings(events)}
${config === undefined ? '' : `<h2>Config</h2>\n<pre>${escaped(JSON.stringify(config, null, 2))}</pre>`}
<script>${script.replaceAll('</script', '<\\/script')}</script>
<script>
const curves = ${data};
for (const { name, steps, values } of curves) {
  const place = document.getElementById('curves').appendChild(document.createElement('div'));
  new uPlot({
    title: name, width: 480, height: 260, scales: { x: { time: false } },
    series: [{ label: 'step' }, { label: name, stroke: '#1f6feb', width: 1.5, spanGaps: true, points: { show: steps.length < 60 } }],
  }, [steps, values], place);
}
</script>
</body>
</html>
`;
}

function curvesOf(events: readonly TrainerEvent[]): readonly Curve[] {
  const points = new Map<string, { steps: number[]; values: number[] }>();
  for (const event of events) {
    for (const [name, value] of Object.entries(scalarsOf(event))) {
      const curve = points.get(name) ?? { steps: [], values: [] };
      points.set(name, curve);
      curve.steps.push(event.step);
      curve.values.push(value);
    }
  }
  const order = ['train/loss', 'eval/'];
  const rank = (name: string): number => (order.findIndex((prefix) => name.startsWith(prefix)) + 3) % 3;
  return [...points]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, { steps, values }]) => ({ name, ...thinned(steps, values) }));
}

function thinned(steps: readonly number[], values: readonly number[]): Pick<Curve, 'steps' | 'values'> {
  const size = Math.ceil(steps.length / MOST_POINTS);
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, group) =>
    values.slice(group * size, (group + 1) * size),
  );
  const mean = (group: readonly number[]): number | null => {
    const value = group.reduce((sum, each) => sum + each, 0) / group.length;
    return Number.isFinite(value) ? value : null; // a gap
  };
  return { steps: groups.map((_, group) => steps[group * size]!), values: groups.map(mean) };
}

function summaryOf(
  events: readonly TrainerEvent[],
  facts: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  const start = events.find((event) => event.type === 'start');
  const end = events.findLast((event) => event.type === 'end');
  const last = events.findLast((event) => event.type === 'step');
  const rows: [string, string][] = Object.entries(facts).map(([name, value]) => [name, value]);
  if (start !== undefined)
    rows.push([
      'parameters',
      `${start.numParameters.toLocaleString('en')} (${start.numTrained.toLocaleString('en')} trained)`,
    ]);
  if (last !== undefined)
    rows.push(['steps', `${last.step.toLocaleString('en')} of ${last.totalSteps.toLocaleString('en')}`]);
  if (end?.best !== undefined)
    rows.push([`best ${end.best.metric}`, `${end.best.value.toPrecision(5)} at step ${end.best.step}`]);
  rows.push([
    'ended',
    end === undefined ? 'not yet' : `${end.reason}, after ${(end.elapsedMs / 1000).toFixed(0)} s`,
  ]);
  return rows;
}

const table = (rows: readonly (readonly string[])[]): string =>
  `<table>${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('\n')}</table>`;

function evaluationTable(events: readonly TrainerEvent[]): string {
  const evaluations = events.filter((event) => event.type === 'evaluation');
  if (evaluations.length === 0) return '';
  const names = [...new Set(evaluations.flatMap(({ metrics }) => Object.keys(metrics)))];
  const rows = evaluations.map(({ step, metrics, isBest }) => [
    String(step),
    ...names.map((name) => metrics[name]?.toPrecision(5) ?? ''),
    isBest ? 'best so far' : '',
  ]);
  return `<h2>Evaluations</h2>\n${table([['step', ...names, ''], ...rows])}`;
}

function warnings(events: readonly TrainerEvent[]): string {
  const found = events.filter((event) => event.type === 'warning');
  if (found.length === 0) return '';
  return `<h2>Warnings</h2>\n${found.map(({ step, message }) => `<p class="warning">step ${step}: ${escaped(message)}</p>`).join('\n')}`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

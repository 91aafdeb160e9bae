import { checkOptions, DataError, show } from '../errors.js';
import { proportionalRate, type Rate } from './rates.js';
import type { MixtureDefinition } from './registry.js';

/** Training examples of GLUE's tasks; WNLI is left out, its schemas are trained as WSC and DPR. */
const glue: Readonly<Record<string, number>> = {
  glue_cola_v002: 8551,
  glue_sst2_v002: 67349,
  glue_mrpc_v002: 3668,
  glue_qqp_v002: 363849,
  glue_stsb_v002: 5749,
  glue_mnli_v002: 392702,
  glue_qnli_v002: 104743,
  glue_rte_v002: 2490,
  glue_mnli_mismatched_v002: 0,
  glue_mnli_matched_v002: 0,
  glue_ax_v002: 0,
};

/** Training examples of SuperGLUE's tasks, and of DPR, which is trained with WSC. */
const superGlue: Readonly<Record<string, number>> = {
  dpr_v001_simple: 1322,
  super_glue_wsc_v102_simple_train: 259,
  super_glue_wsc_v102_simple_eval: 0,
  super_glue_boolq_v102: 9427,
  super_glue_cb_v102: 250,
  super_glue_copa_v102: 400,
  super_glue_multirc_v102: 27243,
  super_glue_record_v102: 138854,
  super_glue_rte_v102: 2490,
  super_glue_wic_v102: 5428,
  super_glue_axb_v102: 0,
  super_glue_axg_v102: 0,
};

const c4 = 'c4_v020_unsupervised';
const translations = ['wmt_t2t_ende_v003', 'wmt15_enfr_v003'];
const others = ['cnn_dailymail_v002', 'squad_v010_allanswers', ...translations, 'wmt16_enro_v003'];
const sizes = { ...glue, ...superGlue };
const supervised = [...Object.keys(sizes), ...others];

/** What the published mixtures leave open. */
export interface T5MixtureOptions {
  /** Limit on sizes in proportional rates, K in the paper (2¹⁹ for the final models' kind). Default: none. */
  readonly maximum?: number;
  /** Default 1. */
  readonly temperature?: number;
  /** Rate of the unsupervised task in `en_mix` and `all_mix`. Default 1,000,000. */
  readonly unsupervisedRate?: number;
}

type Part = { readonly name: string; readonly rate: Rate };

const withRates = (names: readonly string[], rateOf: (name: string) => Rate): readonly Part[] =>
  names.map((name) => ({ name, rate: rateOf(name) }));
const known = (table: Readonly<Record<string, number>>): readonly Part[] =>
  withRates(Object.keys(table), (name) => table[name]!);

function definitions(options: T5MixtureOptions): Readonly<Record<string, readonly Part[]>> {
  const { maximum, temperature, unsupervisedRate = 1_000_000 } = options;
  const bySize = proportionalRate({ maximum, temperature });
  const sizeOf = (name: string): Rate => sizes[name] ?? bySize;
  // RTE is in GLUE and SuperGLUE: half each.
  const deduplicated = (name: string): Rate => (/glue.*rte/.test(name) ? sizes[name]! * 0.5 : sizeOf(name));
  const equal = (names: readonly string[]): readonly Part[] => withRates(names, () => 1);
  const unsupervised = { name: c4, rate: unsupervisedRate };
  const leaveOut = (left: readonly string[], rateFor: (name: string) => Rate): readonly Part[] =>
    withRates(
      [...supervised, c4].filter((name) => !left.includes(name)),
      rateFor,
    );
  const enMix = [...Object.keys(sizes), 'squad_v010_allanswers'];
  return {
    glue_v002_proportional: known(glue),
    super_glue_v102_proportional: known(superGlue),
    super_glue_v102_proportional_sentinel: known(superGlue).map(({ name, rate }) => ({
      name: name.replace(/(?=_train$|_eval$)|(?<!_train|_eval)$/, '_1_sentinel'),
      rate,
    })),
    glue_mnli_and_dev_v002: equal(Object.keys(glue).filter((name) => name.includes('mnli'))),
    en_mix: [unsupervised, ...withRates(enMix, () => bySize)],
    all_equal: equal([...supervised, c4]),
    all_proportional: withRates([...supervised, c4], deduplicated),
    all_mix: [unsupervised, ...withRates(supervised, deduplicated)],
    large_supervised_equal: equal([...translations, 'cnn_dailymail_v002']),
    large_supervised_proportional: withRates([...translations, 'cnn_dailymail_v002'], () => bySize),
    large_translation_equal: equal(translations),
    squad_trivia_qa_equal: equal(['squad_v010_allanswers', 'trivia_qa_v010']),
    wsc_dpr_simple_proportional: known(superGlue).slice(0, 3),
    leave_one_out_glue_v002_proportional: leaveOut(Object.keys(glue), sizeOf),
    leave_one_out_super_glue_v102_proportional: leaveOut(Object.keys(superGlue), sizeOf),
    ...Object.fromEntries(others.map((name) => [`leave_one_out_${name}`, leaveOut([name], deduplicated)])),
  };
}

/** Names of T5's mixtures. */
export const T5_MIXTURE_NAMES: readonly string[] = Object.freeze(Object.keys(definitions({})));

/**
 * A mixture of T5 by its published name, for `TaskRegistry.addMixture`. Its parts are tasks of `T5_FORMATS` and
 * `c4_v020_unsupervised`.
 * @throws DataError (unknown-option, data-task)
 */
export function t5Mixture(name: string, options: T5MixtureOptions = {}): MixtureDefinition {
  checkOptions('t5Mixture', options, ['maximum', 'temperature', 'unsupervisedRate']);
  const parts = definitions(options)[name];
  if (parts !== undefined) return { name, parts };
  throw new DataError({
    op: 't5Mixture',
    problem: `there is no mixture ${show(name)}`,
    page: 'data-task',
    remedy: `one of ${T5_MIXTURE_NAMES.join(', ')}.`,
  });
}

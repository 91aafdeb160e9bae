/** Keys that Hugging Face declares as floats; transformers 5 refuses a whole number there. */
const FLOATS =
  /^( {2}"(?:initializer_factor|initializer_range|layer_norm_eps|layer_norm_epsilon)": -?\d+)(,?)$/gm;

/**
 * The text of a config.json. JavaScript writes 1.0 as 1, which transformers 5 takes for an integer: such numbers get their
 * fraction back.
 */
export function configText(json: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(json, null, 2).replace(FLOATS, '$1.0$2')}\n`;
}

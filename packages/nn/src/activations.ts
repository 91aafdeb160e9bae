import type { Tensor } from '@tesserae/tensor';
import { OptionError, gelu, geluTanh, mul, relu, sigmoid, silu, tanh } from '@tesserae/tensor';

/** Activations by the names that Hugging Face configs use. */
const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  gelu,
  gelu_python: gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  quick_gelu: (x) => mul(x, sigmoid(mul(x, 1.702))),
  relu,
  silu,
  swish: silu,
  tanh,
  sigmoid,
  linear: (x) => x,
};

/** Names that `activation` takes. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(ACTIVATIONS);

/**
 * The activation a config names.
 * @throws OptionError naming the known ones
 */
export function activation(name: string): (x: Tensor) => Tensor {
  const found = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (found === undefined) {
    throw new OptionError({
      op: 'activation',
      problem: `unknown activation '${name}'; known are ${ACTIVATION_NAMES.join(', ')}`,
      likely: 'A misspelt hidden_act or feed_forward_proj in config.json.',
      page: 'unknown-activation',
      got: name,
      needed: ACTIVATION_NAMES,
    });
  }
  return found;
}

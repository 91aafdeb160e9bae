"""Random weights of real sizes: for timing, and such that a wrong implementation does not pass by luck."""

import math

import torch
from transformers import PreTrainedModel

SEED = 7


@torch.no_grad()
def randomise_t5(model: PreTrainedModel) -> PreTrainedModel:
    """Weights under which greedy text varies and depends on its source.

    Two things keep a random T5 from repeating one token for ever: attention sharper than at its initialisation, and
    a last norm of both signs, because the head is the embeddings and would find the token just read most similar.
    """
    rng = torch.Generator().manual_seed(SEED)
    for name, parameter in sorted(model.named_parameters()):
        normal = torch.randn(parameter.shape, generator=rng)
        fan_in = parameter.shape[-1]
        if name == "decoder.final_layer_norm.weight" or "relative_attention_bias" in name or name == "shared.weight":
            parameter.copy_(normal)
        elif "layer_norm" in name:
            parameter.copy_(0.6 + 0.8 * torch.rand(parameter.shape, generator=rng))
        elif name.endswith(".q.weight"):
            parameter.copy_(6 * normal / math.sqrt(fan_in * model.config.d_kv))  # T5 has no 1/sqrt(d_kv) elsewhere
        elif name.endswith((".o.weight", ".wo.weight")):
            parameter.copy_(3 * normal / math.sqrt(fan_in))
        else:
            parameter.copy_(normal / math.sqrt(fan_in))
    return model

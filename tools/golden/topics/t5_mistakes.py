"""The mistakes a port of T5 makes, applied to a Hugging Face model, to show that a fixture notices each of
them.

Every function takes a model, makes it wrong, and returns what undoes it.
"""

from collections.abc import Callable
from unittest import mock

import torch
from torch import nn
from transformers import PreTrainedModel

Undo = Callable[[], None]


def stack_module(model: PreTrainedModel) -> object:
    """The Python module the model's classes come from (T5 and UMT5 each have their own)."""
    return __import__(type(model).__module__, fromlist=["create_bidirectional_mask"])


def decoder_self_attentions(model: PreTrainedModel) -> list[nn.Module]:
    """Self-attention of every decoder block."""
    return [block.layer[0].SelfAttention for block in model.decoder.block]


def all_attentions(model: PreTrainedModel) -> list[nn.Module]:
    """Every attention of both stacks."""
    return [module for module in model.modules() if hasattr(module, "key_value_proj_dim")]


def undo_all(undos: list[Undo]) -> Undo:
    """One function that runs all of `undos`."""
    return lambda: [undo() for undo in undos] and None


def bidirectional_decoder_bias(model: PreTrainedModel) -> Undo:
    """Decoder distances are put into buckets as the encoder's are: half of the table for each direction."""
    undos = []
    for attention in decoder_self_attentions(model):
        original = attention._relative_position_bucket

        def bucket(position, bidirectional=True, num_buckets=32, max_distance=128, original=original):
            return original(position, bidirectional=True, num_buckets=num_buckets, max_distance=max_distance)

        attention._relative_position_bucket = bucket
        undos.append(lambda attention=attention: delattr(attention, "_relative_position_bucket"))
    return undo_all(undos)


def head_scaled_by(factor: float) -> Callable[[PreTrainedModel], Undo]:
    """The decoder's output is multiplied by `factor` once more before the head."""

    def apply(model: PreTrainedModel) -> Undo:
        return model.lm_head.register_forward_pre_hook(lambda module, args: (args[0] * factor,)).remove

    return apply


def head_replaced_by_embeddings(model: PreTrainedModel) -> Undo:
    """The head multiplies by the token embeddings although the file has a head of its own."""
    own = model.lm_head.weight
    model.lm_head.weight = model.shared.weight

    def undo() -> None:
        model.lm_head.weight = own

    return undo


def bias_in_cross_attention(model: PreTrainedModel) -> Undo:
    """Cross-attention adds the decoder's position bias."""
    table_owner = decoder_self_attentions(model)[0]

    def add_bias(module, args, kwargs):
        bias = table_owner.compute_bias(args[0].shape[1], kwargs["key_value_states"].shape[1])
        return args, kwargs | {"position_bias": bias}

    crosses = [block.layer[1].EncDecAttention for block in model.decoder.block]
    return undo_all([cross.register_forward_pre_hook(add_bias, with_kwargs=True).remove for cross in crosses])


def scores_divided_by_root_head_dim(model: PreTrainedModel) -> Undo:
    """Attention scores are divided by √headDim, as in every other transformer."""
    attentions = all_attentions(model)
    undos = []
    for attention in attentions:
        factor = attention.key_value_proj_dim**-0.5
        undos.append(attention.q.register_forward_hook(lambda m, a, out, factor=factor: out * factor).remove)
    return undo_all(undos)


def padding_mask_missing(of_cross_attention: bool) -> Callable[[PreTrainedModel], Undo]:
    """Source padding is attended to: by the decoder's cross-attention, or inside the encoder."""

    def apply(model: PreTrainedModel) -> Undo:
        module = stack_module(model)
        original = module.create_bidirectional_mask

        def mask(*args, encoder_hidden_states=None, **kwargs):
            if (encoder_hidden_states is not None) == of_cross_attention:
                return None
            return original(*args, encoder_hidden_states=encoder_hidden_states, **kwargs)

        patch = mock.patch.object(module, "create_bidirectional_mask", mask)
        patch.start()
        return patch.stop

    return apply


def decoder_mask_ignored(model: PreTrainedModel) -> Undo:
    """decoder_attention_mask is accepted and not used."""

    def drop_mask(module, args, kwargs):
        return args, kwargs | {"attention_mask": None}

    return model.decoder.register_forward_pre_hook(drop_mask, with_kwargs=True).remove


def bias_in_first_block_only(model: PreTrainedModel) -> Undo:
    """Blocks after the first get no position bias."""

    def drop_bias(module, args):
        return (*args[:2], torch.zeros_like(args[2]), *args[3:])

    later = [*model.encoder.block[1:], *model.decoder.block[1:]]
    return undo_all([block.register_forward_pre_hook(drop_bias).remove for block in later])


def bias_table_of_first_block_everywhere(model: PreTrainedModel) -> Undo:
    """Blocks that own a bias table use the first block's."""
    undos = []
    for stack in (model.encoder, model.decoder):
        first = stack.block[0].layer[0].SelfAttention.relative_attention_bias
        for block in stack.block[1:]:
            attention = block.layer[0].SelfAttention
            own = attention.relative_attention_bias
            attention.relative_attention_bias = first
            undos.append(lambda a=attention, own=own: setattr(a, "relative_attention_bias", own))
    return undo_all(undos)


def head_dim_from_model_width(model: PreTrainedModel) -> Undo:
    """headDim is taken as dModel / numHeads, and the number of heads from the projections' width."""
    undos = []
    for attention in all_attentions(model):
        head_dim = attention.d_model // attention.n_heads
        repeats = attention.inner_dim // head_dim // attention.n_heads
        saved = (attention.key_value_proj_dim, attention.n_heads)
        attention.key_value_proj_dim, attention.n_heads = head_dim, attention.n_heads * repeats
        if hasattr(attention, "relative_attention_bias"):
            hook = lambda m, a, out, repeats=repeats: out.repeat_interleave(repeats, dim=-1)  # noqa: E731
            undos.append(attention.relative_attention_bias.register_forward_hook(hook).remove)

        def restore(attention=attention, saved=saved) -> None:
            attention.key_value_proj_dim, attention.n_heads = saved

        undos.append(restore)
    return undo_all(undos)

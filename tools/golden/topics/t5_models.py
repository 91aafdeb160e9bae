"""Plain T5 fixtures (1.0, 1.1, decoder padding mask), and what the trap and generation fixtures build on."""

from collections.abc import Iterator

import torch
from transformers import T5Config, T5ForConditionalGeneration

from fixture_file import Fixture, to_metadata
from hugging_face import SavedModel, base_metadata, logit_difference, model_fixture, save_and_load
from random_models import draw_parameter, generator_for, length_mask, randomise, seq2seq_batch
from topics.t5_mistakes import decoder_mask_ignored

TOPIC = "t5_models"
OUTPUTS = ["loss", "logits", "encoder_last_hidden_state"]
PADDING_NOTE = (
    "encoder_last_hidden_state holds what Hugging Face computes at padding too; it has no meaning there."
)

# Neither numHeads * headDim nor headDim equals dModel in any of these sizes.
SMALL = {"vocab_size": 48, "d_model": 12, "d_kv": 5, "d_ff": 20, "num_heads": 4, "num_layers": 2}


def t5_config(**overrides: object) -> T5Config:
    """A tiny T5 1.0 configuration without dropout."""
    return T5Config(**(SMALL | {"dropout_rate": 0.0, "decoder_start_token_id": 0} | overrides))


def tied_t5(rng: torch.Generator, **overrides: object) -> SavedModel:
    """T5 whose head is the token embedding, scaled by dModel^-0.5 (1.0), saved by Hugging Face."""
    return save_and_load(randomise(T5ForConditionalGeneration(t5_config(**overrides)), rng))


def own_head(config: T5Config, rng: torch.Generator) -> dict[str, torch.Tensor]:
    """A head that is not the token embedding."""
    return {"lm_head.weight": draw_parameter("lm_head.weight", (config.vocab_size, config.d_model), rng)}


def untied_t5(rng: torch.Generator, **overrides: object) -> SavedModel:
    """T5 1.1 as its published folders are: gated, `tie_word_embeddings: false`, own head in the file.

    Hugging Face 5 builds such a model tied whatever the configuration says, so the head is added to the file
    and
    the configuration gets the published keys; `from_pretrained` then keeps the two apart.
    """
    config = t5_config(feed_forward_proj="gated-gelu", tie_word_embeddings=False, **overrides)
    model = randomise(T5ForConditionalGeneration(config), rng)
    return save_and_load(
        model, {"tie_word_embeddings": False}, ("scale_decoder_outputs",), own_head(config, rng)
    )


def t5_1_0() -> Fixture:
    """ReLU, tied and scaled head, the published 32 buckets and distance 128, decoder longer than 40."""
    seed = 100
    rng = generator_for(seed)
    saved = tied_t5(rng)
    inputs = seq2seq_batch(48, [28, 17, 5], [44, 30, 3], rng)
    note = f"T5 1.0: relu, head tied to shared.weight and scaled by d_model^-0.5. {PADDING_NOTE}"
    return model_fixture("t5-1.0", saved, inputs, OUTPUTS, base_metadata(saved, TOPIC, seed, note))


def t5_1_1() -> Fixture:
    """Gated tanh-GELU, own head, three decoder layers over two encoder layers, few buckets that all fill."""
    seed = 101
    rng = generator_for(seed)
    saved = untied_t5(
        rng, num_decoder_layers=3, relative_attention_num_buckets=12, relative_attention_max_distance=24
    )
    inputs = seq2seq_batch(48, [32, 21, 9], [40, 40, 12], rng)
    note = (
        "T5 1.1: gated gelu_new, own lm_head, not scaled; 3 decoder layers over 2 encoder layers; 12 "
        f"buckets up to distance 24, so that every bucket is used. {PADDING_NOTE}"
    )
    return model_fixture("t5-1.1", saved, inputs, OUTPUTS, base_metadata(saved, TOPIC, seed, note))


def t5_decoder_attention_mask() -> Fixture:
    """Decoder rows padded on the left, which only `decoder_attention_mask` can tell."""
    seed = 102
    rng = generator_for(seed)
    saved = tied_t5(rng)
    inputs = seq2seq_batch(48, [24, 11], [40, 40], rng)
    mask = length_mask([40, 27], 40).flip(1)
    inputs["decoder_attention_mask"] = mask
    inputs["decoder_input_ids"] = inputs["decoder_input_ids"] * mask
    inputs["labels"] = inputs["labels"].masked_fill(mask == 0, -100)
    note = (
        "decoder_attention_mask with padding on the left of row 1. Logits of that row's first 13 positions"
        f" come from rows in which every key is masked and have no meaning. {PADDING_NOTE}"
    )
    metadata = base_metadata(saved, TOPIC, seed, note)
    difference = round(logit_difference(saved, inputs, decoder_mask_ignored), 4)
    metadata |= to_metadata({"wrong_variant_max_logit_diff": {"mask ignored": difference}})
    return model_fixture("t5-decoder-attention-mask", saved, inputs, OUTPUTS, metadata)


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    yield t5_1_0()
    yield t5_1_1()
    yield t5_decoder_attention_mask()

"""One fixture for each trap of T5: it fails if just that is got wrong; its metadata says by how much."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from transformers import T5ForConditionalGeneration, UMT5Config, UMT5ForConditionalGeneration

from fixture_file import Fixture, to_metadata
from hugging_face import SavedModel, base_metadata, logit_difference, model_fixture, save_and_load
from random_models import generator_for, randomise, seq2seq_batch
from topics import t5_mistakes as mistakes
from topics.t5_models import OUTPUTS, SMALL, own_head, t5_config, tied_t5, untied_t5

TOPIC = "t5_traps"
SMALLEST_VISIBLE_DIFFERENCE = 1e-2  # a hundred times the tolerance that the tests allow


@dataclass(frozen=True)
class Trap:
    """What to build, what it shows, and the mistakes that must be visible."""

    name: str
    seed: int
    build: Callable[[torch.Generator], SavedModel]
    note: str
    wrong: dict[str, Callable] = field(default_factory=dict)
    src_lengths: tuple[int, ...] = (28, 17)
    tgt_lengths: tuple[int, ...] = (41, 33)


def trap_fixture(trap: Trap) -> Fixture:
    """The fixture of a trap; refuses one that a mistake would pass."""
    rng = generator_for(trap.seed)
    saved = trap.build(rng)
    inputs = seq2seq_batch(48, list(trap.src_lengths), list(trap.tgt_lengths), rng)
    differences = {name: logit_difference(saved, inputs, mistake) for name, mistake in trap.wrong.items()}
    blind = [name for name, difference in differences.items() if not difference > SMALLEST_VISIBLE_DIFFERENCE]
    if blind or not differences:
        raise ValueError(f"{trap.name}: not seen by this fixture: {blind}; take other sizes or another seed")
    rounded = {name: round(difference, 4) for name, difference in differences.items()}
    metadata = base_metadata(saved, TOPIC, trap.seed, trap.note)
    metadata |= to_metadata({"wrong_variant_max_logit_diff": rounded})
    return model_fixture(f"t5-trap-{trap.name}", saved, inputs, OUTPUTS, metadata)


def always_tied_config_with_own_head(rng: torch.Generator) -> SavedModel:
    """What Hugging Face 5 saves for a loaded 1.1: tied, scale_decoder_outputs false, a head in the file."""
    config = t5_config(feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    return save_and_load(
        randomise(T5ForConditionalGeneration(config), rng), extra_weights=own_head(config, rng)
    )


def tied_config_with_own_head(rng: torch.Generator) -> SavedModel:
    """An older file that says tied (and nothing of scaling) and has another head all the same."""
    model = randomise(T5ForConditionalGeneration(t5_config()), rng)
    return save_and_load(
        model, {"tie_word_embeddings": True}, ("scale_decoder_outputs",), own_head(model.config, rng)
    )


def untied_config_without_head(rng: torch.Generator) -> SavedModel:
    """A 1.1 made from scratch by Hugging Face 5: not scaled, no head in the file as it is tied anyway."""
    config = t5_config(feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    return save_and_load(randomise(T5ForConditionalGeneration(config), rng))


def umt5(rng: torch.Generator) -> SavedModel:
    """UMT5: a bias table in every block, own head.

    The published configurations say untied, and the models were trained without scaling. transformers 5
    forces
    `tie_word_embeddings` to true in UMT5Config and scales by it; the switch is set back after loading.
    """
    config = UMT5Config(**(SMALL | {"dropout_rate": 0.0, "feed_forward_proj": "gated-gelu"}))
    model = randomise(UMT5ForConditionalGeneration(config), rng)
    saved = save_and_load(model, {"tie_word_embeddings": False}, (), own_head(config, rng))
    saved.model.config.tie_word_embeddings = False
    return saved


def wide_attention(rng: torch.Generator) -> SavedModel:
    """numHeads · headDim is twice dModel; dModel / numHeads is a whole number that is not headDim."""
    return tied_t5(rng, num_heads=4, d_kv=6)


ROOT_D_MODEL = SMALL["d_model"] ** 0.5
TRAPS = [
    Trap(
        "decoder-bias-unidirectional",
        200,
        tied_t5,
        "Decoder distances use all buckets for the past (bidirectional = false).",
        {"bidirectional buckets in the decoder": mistakes.bidirectional_decoder_bias},
    ),
    Trap(
        "tied-head-scaled",
        201,
        tied_t5,
        "Head tied to shared.weight: the decoder's output is multiplied by d_model^-0.5 first.",
        {"not scaled": mistakes.head_scaled_by(ROOT_D_MODEL)},
    ),
    Trap(
        "untied-head-not-scaled",
        202,
        untied_t5,
        "tie_word_embeddings false and lm_head.weight in the file: no scaling.",
        {"scaled": mistakes.head_scaled_by(1 / ROOT_D_MODEL), "tied": mistakes.head_replaced_by_embeddings},
    ),
    Trap(
        "no-cross-attention-bias",
        203,
        tied_t5,
        "Cross-attention has no position bias.",
        {"decoder table added in cross-attention": mistakes.bias_in_cross_attention},
    ),
    Trap(
        "no-head-dim-scaling",
        204,
        tied_t5,
        "Scores are not divided by sqrt(headDim).",
        {"divided by sqrt(headDim)": mistakes.scores_divided_by_root_head_dim},
    ),
    Trap(
        "padding-masks",
        205,
        tied_t5,
        "attention_mask hides source padding in the encoder and in cross-attention.",
        {
            "no mask in the encoder": mistakes.padding_mask_missing(of_cross_attention=False),
            "no mask in cross-attention": mistakes.padding_mask_missing(of_cross_attention=True),
        },
        src_lengths=(28, 13),
        tgt_lengths=(40, 40),
    ),
    Trap(
        "bias-table-shared",
        206,
        tied_t5,
        "The table of block 0 is used by every block of its stack.",
        {"bias in block 0 only": mistakes.bias_in_first_block_only},
    ),
    Trap(
        "bias-table-per-layer-umt5",
        207,
        umt5,
        "UMT5: every block has its own table. config.json says tie_word_embeddings false as published ones"
        " do; the head is lm_head.weight, not scaled. transformers 5.17 ignores that key for UMT5 and "
        "would scale by d_model^-0.5; the reference was computed with config.tie_word_embeddings set to "
        "false after loading.",
        {
            "table of block 0 everywhere": mistakes.bias_table_of_first_block_everywhere,
            "scaled, as transformers 5.17 does": mistakes.head_scaled_by(1 / ROOT_D_MODEL),
        },
    ),
    Trap(
        "inner-width",
        208,
        wide_attention,
        "num_heads * d_kv = 24 is not d_model = 12, and d_kv = 6 is not d_model / num_heads = 3.",
        {"headDim = dModel / numHeads": mistakes.head_dim_from_model_width},
    ),
    Trap(
        "head-in-file-not-scaled",
        209,
        always_tied_config_with_own_head,
        "As transformers 5 saves a 1.1: config.json has tie_word_embeddings true and scale_decoder_outputs"
        " false, and the file has an lm_head.weight unlike shared.weight. The head of the file is used, "
        "not scaled: the file decides the weight, scale_decoder_outputs (where present) the scaling. "
        "Computed through from_pretrained.",
        {"tied": mistakes.head_replaced_by_embeddings, "scaled": mistakes.head_scaled_by(1 / ROOT_D_MODEL)},
    ),
    Trap(
        "head-in-file-scaled",
        210,
        tied_config_with_own_head,
        "config.json has tie_word_embeddings true and no scale_decoder_outputs, the file an lm_head.weight"
        " unlike shared.weight. The head of the file is used, and it is scaled by d_model^-0.5: without "
        "scale_decoder_outputs, scaling is decided by tie_word_embeddings (absent or true: scaled) "
        "whatever the file holds. Computed through from_pretrained; transformers 4 would tie here and drop"
        " the file's head.",
        {"tied": mistakes.head_replaced_by_embeddings, "not scaled": mistakes.head_scaled_by(ROOT_D_MODEL)},
    ),
    Trap(
        "tied-head-not-scaled",
        211,
        untied_config_without_head,
        "A 1.1 that transformers 5 made from scratch: tie_word_embeddings true, scale_decoder_outputs "
        "false, no lm_head.weight in the file. The head is shared.weight, not scaled.",
        {"scaled": mistakes.head_scaled_by(1 / ROOT_D_MODEL)},
    ),
]


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    for trap in TRAPS:
        yield trap_fixture(trap)

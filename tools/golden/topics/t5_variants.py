"""Other activations and depths, mT5 and UMT5; and the classes with other heads than the language model's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from transformers import (
    MT5Config,
    MT5ForConditionalGeneration,
    MT5ForQuestionAnswering,
    MT5ForSequenceClassification,
    PreTrainedModel,
    T5Config,
    T5EncoderModel,
    T5ForConditionalGeneration,
    T5ForQuestionAnswering,
    T5ForSequenceClassification,
    T5ForTokenClassification,
    T5Model,
    UMT5Config,
    UMT5EncoderModel,
    UMT5ForConditionalGeneration,
    UMT5ForSequenceClassification,
    UMT5ForTokenClassification,
)

from fixture_file import Fixture
from hugging_face import SavedModel, base_metadata, model_fixture, save_and_load
from random_models import generator_for, random_ids, randomise, seq2seq_batch
from topics.t5_models import OUTPUTS, PADDING_NOTE, own_head

TOPIC = "t5_variants"
VOCAB = 32
# Few numbers, and no size is another's: heads * headDim = 10, dModel = 8.
TINY = {"vocab_size": VOCAB, "d_model": 8, "d_kv": 5, "d_ff": 12, "num_heads": 2, "num_layers": 2}
CONFIGS = {"t5": T5Config, "mt5": MT5Config, "umt5": UMT5Config}
SRC_LENGTHS, TGT_LENGTHS = [21, 13, 4], [40, 26, 3]

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Variant:
    """A class with a configuration, and what its batch holds besides the source."""

    name: str
    seed: int
    family: str
    model_class: type[PreTrainedModel]
    note: str
    outputs: list[str]
    batch: Callable[[torch.Generator], Tensors]
    config: dict[str, object] = field(default_factory=dict)
    has_own_head: bool = False
    has_loss: bool = True


def translation_batch(rng: torch.Generator) -> Tensors:
    """Padded source and labels; the decoder reads 40 tokens."""
    return seq2seq_batch(VOCAB, SRC_LENGTHS, TGT_LENGTHS, rng)


def decoder_batch(rng: torch.Generator) -> Tensors:
    """As above without labels, which the bare model does not take."""
    batch = translation_batch(rng)
    del batch["labels"]
    return batch


def source_batch(rng: torch.Generator) -> Tensors:
    """The padded source alone."""
    batch = translation_batch(rng)
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def long_source_batch(rng: torch.Generator) -> Tensors:
    """A source that the decoder of a classifier reads too, so it is 40 long; two end tokens a row."""
    lengths = [40, 27, 6]
    batch = seq2seq_batch(VOCAB, lengths, TGT_LENGTHS, rng)
    for row, length in enumerate(lengths):
        batch["input_ids"][row, length // 2] = 1
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def class_batch(rng: torch.Generator) -> Tensors:
    """One class of three for each text."""
    return long_source_batch(rng) | {"labels": torch.tensor([2, 0, 1])}


def value_batch(rng: torch.Generator) -> Tensors:
    """One number for each text."""
    return long_source_batch(rng) | {"labels": torch.tensor([0.5, -1.25, 2.0])}


def flags_batch(rng: torch.Generator) -> Tensors:
    """Any of three classes for each text."""
    labels = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    return long_source_batch(rng) | {"labels": labels}


def tags_batch(rng: torch.Generator) -> Tensors:
    """A class for each token, none at padding and at one token in the text."""
    batch = source_batch(rng)
    tags = random_ids(batch["input_ids"].shape, 5, rng, first=0)
    tags = tags.masked_fill(batch["attention_mask"] == 0, -100)
    tags[0, 3] = -100
    return batch | {"labels": tags}


def answer_batch(rng: torch.Generator) -> Tensors:
    """Starts and ends; the last end lies beyond the text and is left out."""
    positions = {"start_positions": torch.tensor([3, 0, 2]), "end_positions": torch.tensor([38, 5, 99])}
    return long_source_batch(rng) | positions


HIDDEN = ["last_hidden_state"]
ANSWER = ["loss", "start_logits", "end_logits", "encoder_last_hidden_state"]
DECISION = ["loss", "logits", "encoder_last_hidden_state"]

VARIANTS = [
    Variant(
        "t5-gated-silu-deep-encoder",
        300,
        "t5",
        T5ForConditionalGeneration,
        "The depths of a ByT5, three encoder layers to one decoder layer; gated SiLU; own head.",
        OUTPUTS,
        translation_batch,
        {"feed_forward_proj": "gated-silu", "num_layers": 3, "num_decoder_layers": 1},
        has_own_head=True,
    ),
    Variant(
        "t5-gelu-not-gated",
        301,
        "t5",
        T5ForConditionalGeneration,
        "Exact GELU without a gate; one encoder layer, two decoder layers; 8 buckets up to distance 20.",
        OUTPUTS,
        translation_batch,
        {
            "feed_forward_proj": "gelu",
            "num_layers": 1,
            "num_decoder_layers": 2,
            "relative_attention_num_buckets": 8,
            "relative_attention_max_distance": 20,
        },
    ),
    Variant(
        "mt5",
        302,
        "mt5",
        MT5ForConditionalGeneration,
        "mT5 as published: own head, not scaled.",
        OUTPUTS,
        translation_batch,
        has_own_head=True,
    ),
    Variant(
        "mt5-tied",
        303,
        "mt5",
        MT5ForConditionalGeneration,
        "An mT5 that transformers 5 made from scratch: no head in the file, yet not scaled.",
        OUTPUTS,
        translation_batch,
        {"feed_forward_proj": "gated-relu"},
    ),
    Variant(
        "umt5-tied",
        304,
        "umt5",
        UMT5ForConditionalGeneration,
        "A UMT5 that transformers 5 made from scratch: tied, and scaled; a table in each of 3 + 1 layers.",
        OUTPUTS,
        translation_batch,
        {"num_layers": 3, "num_decoder_layers": 1, "relative_attention_num_buckets": 16},
    ),
    Variant(
        "t5-model",
        305,
        "t5",
        T5Model,
        "Both stacks without a head.",
        [*HIDDEN, "encoder_last_hidden_state"],
        decoder_batch,
        {"num_decoder_layers": 3},
        has_loss=False,
    ),
    Variant(
        "t5-encoder", 306, "t5", T5EncoderModel, "The encoder alone.", HIDDEN, source_batch, has_loss=False
    ),
    Variant(
        "umt5-encoder",
        307,
        "umt5",
        UMT5EncoderModel,
        "The encoder alone, a table in each layer.",
        HIDDEN,
        source_batch,
        has_loss=False,
    ),
    Variant(
        "t5-sequence-classification",
        308,
        "t5",
        T5ForSequenceClassification,
        "Three classes, read off the decoder at the last of two end tokens.",
        DECISION,
        class_batch,
        {"num_labels": 3},
    ),
    Variant(
        "mt5-sequence-classification-of-several",
        309,
        "mt5",
        MT5ForSequenceClassification,
        "Several classes of three may hold.",
        DECISION,
        flags_batch,
        {"num_labels": 3, "problem_type": "multi_label_classification"},
    ),
    Variant(
        "umt5-sequence-regression",
        310,
        "umt5",
        UMT5ForSequenceClassification,
        "One number; three decoder layers.",
        DECISION,
        value_batch,
        {"num_labels": 1, "num_decoder_layers": 3},
    ),
    Variant(
        "t5-token-classification",
        311,
        "t5",
        T5ForTokenClassification,
        "Five classes for each token, read off the encoder.",
        ["loss", "logits"],
        tags_batch,
        {"num_labels": 5},
    ),
    Variant(
        "umt5-token-classification",
        312,
        "umt5",
        UMT5ForTokenClassification,
        "Five classes for each token, read off the encoder with a table in each layer.",
        ["loss", "logits"],
        tags_batch,
        {"num_labels": 5},
    ),
    Variant(
        "t5-question-answering",
        313,
        "t5",
        T5ForQuestionAnswering,
        "Start and end, read off the decoder, which reads the text.",
        ANSWER,
        answer_batch,
        {"num_decoder_layers": 1},
    ),
    Variant(
        "mt5-question-answering",
        314,
        "mt5",
        MT5ForQuestionAnswering,
        "Start and end, read off a gated decoder.",
        ANSWER,
        answer_batch,
    ),
]


def saved_variant(variant: Variant, rng: torch.Generator) -> SavedModel:
    """The model through a folder; an own head is added to the file as published folders have it."""
    options = TINY | {"dropout_rate": 0.0, "decoder_start_token_id": 0} | variant.config
    config = CONFIGS[variant.family](**options)
    model = randomise(variant.model_class(config), rng)
    if not variant.has_own_head:
        return save_and_load(model)
    edits = {"tie_word_embeddings": False}
    return save_and_load(model, edits, ("scale_decoder_outputs",), own_head(config, rng))


def variant_fixture(variant: Variant) -> Fixture:
    """Weights, inputs, outputs and gradients of a variant."""
    rng = generator_for(variant.seed)
    saved = saved_variant(variant, rng)
    inputs = variant.batch(rng)
    metadata = base_metadata(saved, TOPIC, variant.seed, f"{variant.note} {PADDING_NOTE}")
    with torch.no_grad():
        shape = None if variant.has_loss else saved.model(**inputs).last_hidden_state.shape
    cotangent = None if shape is None else torch.randn(shape, generator=rng)
    return model_fixture(variant.name, saved, inputs, variant.outputs, metadata, cotangent)


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    for variant in VARIANTS:
        yield variant_fixture(variant)

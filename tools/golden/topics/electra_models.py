"""ELECTRA fixtures: the bare encoder and each task head of Hugging Face."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from transformers import (
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForMultipleChoice,
    ElectraForPreTraining,
    ElectraForQuestionAnswering,
    ElectraForSequenceClassification,
    ElectraForTokenClassification,
    ElectraModel,
    PreTrainedModel,
)

from fixture_file import Fixture, to_metadata
from hugging_face import SavedModel, Tensors, base_metadata, model_fixture, save_and_load
from random_models import encoder_batch, generator_for, random_ids, randomise

TOPIC = "electra_models"
SMALLEST_VISIBLE_DIFFERENCE = 5e-4  # five times the tolerance that the tests allow
LENGTHS = [14, 9, 5]
SMALL = {
    "vocab_size": 40,
    "embedding_size": 8,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 20,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "summary_last_dropout": 0.0,
}
LabelMaker = Callable[[Tensors, torch.Generator], Tensors]


@dataclass(frozen=True)
class Case:
    """One fixture: the class, its configuration, the labels and what to note."""

    name: str
    seed: int
    model_class: type[PreTrainedModel]
    overrides: dict[str, object]
    labels: LabelMaker
    outputs: list[str]
    note: str


def electra_config(**overrides: object) -> ElectraConfig:
    """A tiny configuration without dropout; embedding_size differs from hidden_size unless overridden."""
    return ElectraConfig(**(SMALL | overrides))


def class_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """One class of three for each row, every class once."""
    return {"labels": torch.tensor([2, 0, 1])}


def token_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """One class of five for each token; −100 at [CLS]'s place and at padding."""
    labels = random_ids(batch["input_ids"].shape, 5, rng, first=0)
    labels = labels.masked_fill(batch["attention_mask"] == 0, -100)
    labels[:, 0] = -100
    return {"labels": labels}


def replaced_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """0 or 1 for every position, padding included: there the value must not matter."""
    return {"labels": random_ids(batch["input_ids"].shape, 2, rng, first=0)}


def masked_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """The original id at about a third of the positions, −100 elsewhere."""
    chosen = (torch.rand(batch["input_ids"].shape, generator=rng) < 0.35) & (batch["attention_mask"] == 1)
    labels = random_ids(batch["input_ids"].shape, SMALL["vocab_size"], rng, first=1)
    return {"labels": labels.masked_fill(~chosen, -100)}


def span_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """First and last token of each answer; the last row's end lies beyond the sequence, so it is left out."""
    return {"start_positions": torch.tensor([3, 5, 1]), "end_positions": torch.tensor([6, 5, 30])}


def choice_labels(batch: Tensors, rng: torch.Generator) -> Tensors:
    """Two questions of three choices each: the batch of six rows gets an axis of choices."""
    folded = {name: values.reshape(2, 3, -1) for name, values in batch.items()}
    return folded | {"labels": torch.tensor([1, 2])}


EQUAL_SIZES = {"embedding_size": 16}
CASES = [
    Case(
        "electra-sequence-classification",
        301,
        ElectraForSequenceClassification,
        {"num_labels": 3},
        class_labels,
        ["loss", "logits"],
        "Three classes; dense, gelu, out_proj on the first token.",
    ),
    Case(
        "electra-token-classification",
        302,
        ElectraForTokenClassification,
        EQUAL_SIZES | {"num_labels": 5},
        token_labels,
        ["loss", "logits"],
        "Loss over labels that are not -100; no embeddings_project.",
    ),
    Case(
        "electra-pre-training",
        303,
        ElectraForPreTraining,
        {},
        replaced_labels,
        ["loss", "logits"],
        "Discriminator: binary cross entropy, mean over positions whose attention_mask is 1; labels at "
        "padding are random and must not count.",
    ),
    Case(
        "electra-masked-lm",
        304,
        ElectraForMaskedLM,
        {},
        masked_labels,
        ["loss", "logits"],
        "Generator: generator_lm_head.weight is tied to the word embeddings and not in the file; its bias "
        "is.",
    ),
    Case(
        "electra-masked-lm-equal-sizes",
        305,
        ElectraForMaskedLM,
        EQUAL_SIZES,
        masked_labels,
        ["loss", "logits"],
        "As electra-masked-lm with embedding_size = hidden_size: no embeddings_project.",
    ),
    Case(
        "electra-question-answering",
        306,
        ElectraForQuestionAnswering,
        EQUAL_SIZES,
        span_labels,
        ["loss", "start_logits", "end_logits"],
        "Softmax over all positions, padding included. An end beyond the sequence is left out of the mean."
        " The gradient of the padding row (id 0) of the word embeddings is zero by padding_idx, although "
        "padding positions take part in the loss.",
    ),
    Case(
        "electra-multiple-choice",
        307,
        ElectraForMultipleChoice,
        {},
        choice_labels,
        ["loss", "logits"],
        "Inputs are [batch, choices, seqLen], logits [batch, choices]; sequence_summary: first token, "
        "dense, gelu.",
    ),
]


@torch.no_grad()
def output_with_tanh_gelu(saved: SavedModel, inputs: Tensors, name: str) -> torch.Tensor:
    """The output with the tanh form of GELU in every block."""
    layers = [module for module in saved.model.modules() if hasattr(module, "intermediate_act_fn")]
    original = layers[0].intermediate_act_fn
    for layer in layers:
        layer.intermediate_act_fn = torch.nn.GELU(approximate="tanh")
    try:
        return saved.model(**inputs)[name]
    finally:
        for layer in layers:
            layer.intermediate_act_fn = original


@torch.no_grad()
def with_sensitivity(
    metadata: dict[str, str], saved: SavedModel, inputs: Tensors, name: str
) -> dict[str, str]:
    """Metadata with an output's largest change under three mistakes; refuses a fixture blind to one."""
    mask = inputs["attention_mask"]
    right = saved.model(**inputs)[name]
    no_types = inputs | {"token_type_ids": torch.zeros_like(mask)}
    no_mask = inputs | {"attention_mask": torch.ones_like(mask)}
    wrong = {
        "tanh gelu": output_with_tanh_gelu(saved, inputs, name),
        "token_type_ids ignored": saved.model(**no_types)[name],
        "attention_mask ignored": saved.model(**no_mask)[name],
    }
    counted = mask == 1 if right.shape[: mask.dim()] == mask.shape else ...
    differences = {key: round(float((value - right)[counted].abs().max()), 5) for key, value in wrong.items()}
    blind = [key for key, value in differences.items() if not value > SMALLEST_VISIBLE_DIFFERENCE]
    if blind:
        raise ValueError(f"{type(saved.model).__name__}: mistakes not seen: {blind} of {differences}")
    return metadata | to_metadata({"wrong_variant_max_output_diff": differences})


def encoder_fixture() -> Fixture:
    """The bare encoder, differentiated against a fixed cotangent that is zero at padding."""
    seed = 300
    rng = generator_for(seed)
    saved = save_and_load(randomise(ElectraModel(electra_config()), rng))
    inputs = encoder_batch(SMALL["vocab_size"], LENGTHS, rng)
    cotangent = torch.randn((*inputs["input_ids"].shape, SMALL["hidden_size"]), generator=rng)
    cotangent = cotangent * inputs["attention_mask"][:, :, None]
    note = "Gradients are those of sum(last_hidden_state * cotangent/last_hidden_state), zero at padding."
    metadata = with_sensitivity(base_metadata(saved, TOPIC, seed, note), saved, inputs, "last_hidden_state")
    return model_fixture("electra-model", saved, inputs, ["last_hidden_state"], metadata, cotangent)


def case_fixture(case: Case) -> Fixture:
    """The fixture of one task head."""
    rng = generator_for(case.seed)
    saved = save_and_load(randomise(case.model_class(electra_config(**case.overrides)), rng))
    lengths = LENGTHS + [12, 7, 14] if case.labels is choice_labels else LENGTHS
    batch = encoder_batch(SMALL["vocab_size"], lengths, rng)
    inputs = batch | case.labels(batch, rng)
    metadata = base_metadata(saved, TOPIC, case.seed, case.note)
    metadata = with_sensitivity(metadata, saved, inputs, case.outputs[1])
    return model_fixture(case.name, saved, inputs, case.outputs, metadata)


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    yield encoder_fixture()
    for case in CASES:
        yield case_fixture(case)

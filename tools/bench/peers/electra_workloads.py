"""ELECTRA: encoding, fine-tuning, pre-training."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import ElectraForSequenceClassification, ElectraModel

from electra_pretraining import PretrainedElectra, PretrainingBatch
from workload import (
    OPTIMIZER_CHOICES,
    Workload,
    WorkloadKind,
    encode_workload,
    id_batch,
    model_facts,
    training_workload,
)


@dataclass(frozen=True)
class EncodeOptions:
    """What is encoded."""

    model: str
    input_ids: list
    attention: str = "sdpa"


def encode(options: EncodeOptions) -> Workload:
    """The bare encoder."""
    model = ElectraModel.from_pretrained(options.model, attn_implementation=options.attention)
    return encode_workload(model, options.input_ids)


@dataclass(frozen=True)
class TrainOptions:
    """A batch of a fine-tuning step: a class for every row."""

    model: str
    input_ids: list
    labels: list
    dropout: float = 0.1
    optimizer: str = "for-loop"
    attention: str = "sdpa"


def train(options: TrainOptions) -> Workload:
    """A fine-tuning step of a classifier."""
    model = ElectraForSequenceClassification.from_pretrained(
        options.model,
        attn_implementation=options.attention,
        hidden_dropout_prob=float(options.dropout),
        attention_probs_dropout_prob=float(options.dropout),
    )
    batch = id_batch(options.input_ids) | {"labels": torch.tensor(options.labels)}
    facts = model_facts(model, batch["input_ids"]) | {"dropout": options.dropout}
    return training_workload(model, lambda: model(**batch).loss, options.optimizer, facts)


@dataclass(frozen=True)
class PretrainOptions:
    """A batch with its masks; `gumbel_file`, float32, takes the place of noise drawn anew in every step."""

    model: str
    input_ids: list
    masked_ids: list
    positions: list
    gumbel_file: str = ""
    dropout: float = 0.1
    optimizer: str = "for-loop"
    attention: str = "sdpa"


def pretrain(options: PretrainOptions) -> Workload:
    """A pre-training step: generator and discriminator."""
    model = PretrainedElectra.load(Path(options.model), float(options.dropout), options.attention)
    positions = torch.tensor(options.positions)
    noise = None
    if options.gumbel_file:
        values = torch.from_numpy(np.fromfile(options.gumbel_file, dtype="<f4"))
        noise = values.view(*positions.shape, model.config.vocab_size)
    ids = torch.tensor(options.input_ids)
    batch = PretrainingBatch(ids, torch.tensor(options.masked_ids), positions, noise)
    facts = model_facts(model, ids) | {"dropout": options.dropout}
    return training_workload(model, lambda: model(batch), options.optimizer, facts)


ELECTRA_WORKLOADS = {
    "electra-encode": WorkloadKind(encode, EncodeOptions, {"attention": OPTIMIZER_CHOICES["attention"]}),
    "electra-train": WorkloadKind(train, TrainOptions, OPTIMIZER_CHOICES),
    "electra-pretrain": WorkloadKind(pretrain, PretrainOptions, OPTIMIZER_CHOICES),
}

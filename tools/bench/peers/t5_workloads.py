"""T5: generating, encoding, fine-tuning."""

from dataclasses import dataclass

import torch
from transformers import T5EncoderModel, T5ForConditionalGeneration

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
class GenerateOptions:
    """Exactly `new_tokens` tokens are generated for every row."""

    model: str
    input_ids: list
    new_tokens: int = 64
    num_beams: int = 1
    attention: str = "sdpa"


def generate(options: GenerateOptions) -> Workload:
    """`generate`, the encoder included: greedy, or beams."""
    model = T5ForConditionalGeneration.from_pretrained(options.model, attn_implementation=options.attention).eval()
    batch = id_batch(options.input_ids)

    def run() -> torch.Tensor:
        with torch.inference_mode():
            sequences = model.generate(
                **batch,
                max_new_tokens=options.new_tokens,
                min_new_tokens=options.new_tokens,
                num_beams=options.num_beams,
                do_sample=False,
            )
        return sequences[:, 1:]  # without the start token

    return Workload(
        lambda: float(run()[0, -1]),
        lambda: {"ids": run().tolist()},
        model_facts(model, batch["input_ids"]) | {"numBeams": options.num_beams, "newTokens": options.new_tokens},
    )


@dataclass(frozen=True)
class EncodeOptions:
    """What is encoded."""

    model: str
    input_ids: list
    attention: str = "sdpa"


def encode(options: EncodeOptions) -> Workload:
    """The encoder alone."""
    model = T5EncoderModel.from_pretrained(options.model, attn_implementation=options.attention)
    return encode_workload(model, options.input_ids)


@dataclass(frozen=True)
class TrainOptions:
    """A batch of a fine-tuning step."""

    model: str
    input_ids: list
    labels: list
    dropout: float = 0.1
    optimizer: str = "for-loop"
    attention: str = "sdpa"


def train(options: TrainOptions) -> Workload:
    """A fine-tuning step."""
    model = T5ForConditionalGeneration.from_pretrained(
        options.model, attn_implementation=options.attention, dropout_rate=float(options.dropout)
    )
    batch = id_batch(options.input_ids) | {"labels": torch.tensor(options.labels)}
    facts = model_facts(model, batch["input_ids"]) | {"dropout": options.dropout}
    return training_workload(model, lambda: model(**batch).loss, options.optimizer, facts)


ATTENTION = {"attention": OPTIMIZER_CHOICES["attention"]}
T5_WORKLOADS = {
    "t5-generate": WorkloadKind(generate, GenerateOptions, ATTENTION),
    "t5-encode": WorkloadKind(encode, EncodeOptions, ATTENTION),
    "t5-train": WorkloadKind(train, TrainOptions, OPTIMIZER_CHOICES),
}

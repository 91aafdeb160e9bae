"""Tiny models with random weights that give every mistake a chance to show.

Hugging Face initialises norms to 1, biases to 0 and T5's bias tables close to 0: a port that forgets one
of them would pass by luck. Here everything is drawn anew.
"""

import math

import torch
from transformers import PreTrainedModel

# Larger than one where ELECTRA's layer norms would leave too little to see of tanh GELU in place of erf GELU.
GAINS = {
    "intermediate.": 2.0,
    "output.dense.": 2.0,
    "classifier.": 4.0,
    "qa_outputs.": 4.0,
    "discriminator_predictions.": 4.0,
    "summary.": 4.0,
}


def generator_for(seed: int) -> torch.Generator:
    """A CPU generator; every random value of a fixture comes from one seed."""
    return torch.Generator().manual_seed(seed)


def draw_parameter(
    name: str, shape: torch.Size, rng: torch.Generator, gains: dict[str, float] = GAINS
) -> torch.Tensor:
    """Random value of one parameter by the part its name says it plays; most matrices keep variance."""
    normal = torch.randn(shape, generator=rng)
    is_norm = "layer_norm" in name or "LayerNorm" in name
    if is_norm and name.endswith("weight"):
        return 0.6 + 0.8 * torch.rand(shape, generator=rng)
    if "relative_attention_bias" in name:
        return normal
    if name.endswith("bias"):
        return 0.2 * normal
    if name.endswith("shared.weight") or "embeddings." in name:
        return normal
    if name == "lm_head.weight":
        return 0.5 * normal
    gain = next((value for part, value in gains.items() if part in name), 1.0)
    return gain * normal / math.sqrt(shape[-1])


@torch.no_grad()
def randomise(
    model: PreTrainedModel, rng: torch.Generator, gains: dict[str, float] = GAINS
) -> PreTrainedModel:
    """Overwrites every parameter, in the order of the sorted names."""
    for name, parameter in sorted(model.named_parameters()):
        parameter.copy_(draw_parameter(name, parameter.shape, rng, gains))
    return model.eval()


def random_ids(shape: tuple[int, ...], vocab_size: int, rng: torch.Generator, first: int = 2) -> torch.Tensor:
    """Token ids in [first, vocab_size), i64; the default leaves out padding (0) and end of sequence (1)."""
    return torch.randint(first, vocab_size, shape, generator=rng)


def length_mask(lengths: list[int], seq_len: int) -> torch.Tensor:
    """i64[batch, seq_len]: 1 before each row's length, 0 in its padding."""
    return (torch.arange(seq_len)[None, :] < torch.tensor(lengths)[:, None]).long()


def seq2seq_batch(
    vocab_size: int, src_lengths: list[int], tgt_lengths: list[int], rng: torch.Generator
) -> dict[str, torch.Tensor]:
    """Padded T5 batch: every row ends in </s> (1), padding is 0, labels past a row's end are −100."""
    src_len, tgt_len = max(src_lengths), max(tgt_lengths)
    rows = len(src_lengths)
    attention_mask, label_mask = length_mask(src_lengths, src_len), length_mask(tgt_lengths, tgt_len)
    input_ids = random_ids((rows, src_len), vocab_size, rng)
    labels = random_ids((rows, tgt_len), vocab_size, rng)
    for row in range(rows):
        input_ids[row, src_lengths[row] - 1] = 1
        labels[row, tgt_lengths[row] - 1] = 1
    labels = labels.masked_fill(label_mask == 0, -100)
    start = torch.zeros((rows, 1), dtype=torch.long)
    shifted = torch.cat([start, labels[:, :-1]], dim=1)
    return {
        "input_ids": input_ids * attention_mask,
        "attention_mask": attention_mask,
        "decoder_input_ids": shifted.masked_fill(shifted == -100, 0),
        "labels": labels,
    }


def encoder_batch(vocab_size: int, lengths: list[int], rng: torch.Generator) -> dict[str, torch.Tensor]:
    """Padded ELECTRA batch of two segments a row (token types 0 then 1, padding 0)."""
    seq_len = max(lengths)
    attention_mask = length_mask(lengths, seq_len)
    input_ids = random_ids((len(lengths), seq_len), vocab_size, rng, first=1) * attention_mask
    first_segment = length_mask([length // 2 for length in lengths], seq_len)
    return {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "token_type_ids": (1 - first_segment) * attention_mask,
    }

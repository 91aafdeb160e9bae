"""Workloads on the folders of export_models.py, and training steps: what PyTorch does of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import (
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForPreTraining,
    ElectraModel,
    T5Config,
    T5EncoderModel,
    T5ForConditionalGeneration,
)

T5_SMALL = {"vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8}
GENERATOR = {"embedding_size": 128, "hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 256}
DISCRIMINATOR = {"embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024}
LEAST_ID, SPAN = 5, 20000
MASK_ID, MASKED_SHARE = 103, 0.15


@dataclass(frozen=True)
class ModelOptions:
    """Options of these workloads; each takes some of them."""

    folder: str = ""
    batch: int = 1
    seq_len: int = 128
    target_len: int = 32
    new_tokens: int = 64
    num_beams: int = 1
    learning_rate: float = 1e-4


def fixed_ids(batch: int, length: int) -> torch.Tensor:
    """The same ids on every side: position p of all of them is 5 + (7919·p mod 20000)."""
    return (LEAST_ID + (7919 * torch.arange(batch * length)) % SPAN).reshape(batch, length)


def checksum(ids: torch.Tensor) -> float:
    """Of generated ids, start token left out: Σ id·(place + 1) mod 1,000,003, rows one after another."""
    flat = ids[:, 1:].reshape(-1).tolist()
    total = 0
    for place, token in enumerate(flat):
        total = (total + token * (place + 1)) % 1_000_003
    return float(total)


def generate(options: ModelOptions) -> tuple[Callable[[], float], dict]:
    """A whole call of generate, the encoder included; every row gets the same number of new tokens."""
    model = T5ForConditionalGeneration.from_pretrained(options.folder, dtype=torch.float32).eval()
    ids = fixed_ids(options.batch, options.seq_len)
    mask = torch.ones_like(ids)
    settings = {"num_beams": options.num_beams, "do_sample": False}
    settings |= {"min_new_tokens": options.new_tokens, "max_new_tokens": options.new_tokens}

    def iterate() -> float:
        with torch.inference_mode():
            return checksum(model.generate(input_ids=ids, attention_mask=mask, **settings))

    return iterate, {"parameters": model.num_parameters()}


def encode(options: ModelOptions) -> tuple[Callable[[], float], dict]:
    """One pass of an encoder; the value is the mean magnitude of its last hidden states."""
    is_t5 = "t5" in Path(options.folder).name
    model = (T5EncoderModel if is_t5 else ElectraModel).from_pretrained(options.folder, dtype=torch.float32).eval()
    ids = fixed_ids(options.batch, options.seq_len)
    mask = torch.ones_like(ids)

    def iterate() -> float:
        with torch.inference_mode():
            return float(model(input_ids=ids, attention_mask=mask).last_hidden_state.abs().mean())

    return iterate, {"parameters": sum(parameter.numel() for parameter in model.parameters())}


def t5_train(options: ModelOptions) -> tuple[Callable[[], float], dict]:
    """Forward, backward, clipping and AdamW of T5-small with its dropout of 0.1."""
    model = T5ForConditionalGeneration(T5Config(**T5_SMALL, decoder_start_token_id=0)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.learning_rate)
    batch = {
        "input_ids": fixed_ids(options.batch, options.seq_len),
        "attention_mask": torch.ones(options.batch, options.seq_len, dtype=torch.long),
        "labels": fixed_ids(options.batch, options.target_len),
    }

    def iterate() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    return iterate, {"parameters": model.num_parameters()}


def electra_pretrain(options: ModelOptions) -> tuple[Callable[[], float], dict]:
    """ELECTRA-small's pre-training step, eager: the generator's head on the masked positions only, embeddings tied."""
    generator = ElectraForMaskedLM(ElectraConfig(num_hidden_layers=12, **GENERATOR)).train()
    discriminator = ElectraForPreTraining(ElectraConfig(num_hidden_layers=12, **DISCRIMINATOR)).train()
    generator.electra.embeddings = discriminator.electra.embeddings
    generator.generator_lm_head.weight = discriminator.electra.embeddings.word_embeddings.weight
    parameters = list({id(p): p for m in (generator, discriminator) for p in m.parameters()}.values())
    optimizer = torch.optim.AdamW(parameters, lr=options.learning_rate)
    ids = fixed_ids(options.batch, options.seq_len)
    mask = torch.ones_like(ids)
    per_row = int(options.seq_len * MASKED_SHARE)

    def iterate() -> float:
        optimizer.zero_grad(set_to_none=True)
        positions = torch.rand(ids.shape).topk(per_row, dim=1).indices  # [batch, per_row]
        original = ids.gather(1, positions)
        masked = ids.scatter(1, positions, MASK_ID)
        hidden = generator.electra(input_ids=masked, attention_mask=mask).last_hidden_state
        picked = hidden.gather(1, positions[..., None].expand(-1, -1, hidden.shape[-1]))
        logits = generator.generator_lm_head(generator.generator_predictions(picked))
        generator_loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), original.flatten())
        with torch.no_grad():
            noise = -torch.log(-torch.log(torch.rand_like(logits)))
            sampled = (logits + noise).argmax(-1)
        replaced = ids.scatter(1, positions, sampled)
        scores = discriminator(input_ids=replaced, attention_mask=mask).logits
        labels = (replaced != ids).float()
        loss = generator_loss + 50 * torch.nn.functional.binary_cross_entropy_with_logits(scores, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return float(loss.detach())

    return iterate, {"parameters": sum(parameter.numel() for parameter in parameters)}


BUILDERS = {
    "generate": (generate, ("folder", "batch", "seq_len", "new_tokens", "num_beams"), ModelOptions()),
    "encode": (encode, ("folder", "batch", "seq_len"), ModelOptions()),
    "t5-small-train": (t5_train, ("batch", "seq_len", "target_len", "learning_rate"), replace(ModelOptions(), batch=8)),
    "electra-small-pretrain": (electra_pretrain, ("batch", "seq_len", "learning_rate"), replace(ModelOptions(), batch=8)),
}

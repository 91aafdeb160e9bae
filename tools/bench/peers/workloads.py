"""What the PyTorch peer can run: the same work, of the same sizes, as the JavaScript side times."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import (
    ElectraConfig,
    ElectraForSequenceClassification,
    ElectraModel,
    PreTrainedModel,
    T5Config,
    T5EncoderModel,
)

from model_workloads import BUILDERS

SEED = 7
OPTIMIZERS = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}
MASKS = ("ones", "ragged")
ELECTRA_SMALL = {
    "vocab_size": 30522,
    "embedding_size": 128,
    "hidden_size": 256,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
}
T5_SMALL = {
    "vocab_size": 32128,
    "d_model": 512,
    "d_kv": 64,
    "d_ff": 2048,
    "num_layers": 6,
    "num_heads": 8,
    "feed_forward_proj": "relu",
}


@dataclass(frozen=True)
class Workload:
    """One iteration as a function (it returns a value to check it by) and the facts to report with it."""

    iterate: Callable[[], float]
    facts: dict[str, object]


@dataclass(frozen=True)
class Options:
    """Options of a setup command; each workload takes some of them."""

    batch: int = 8
    seq_len: int = 128
    dropout: bool = False
    optimizer: str = "for-loop"
    attention: str = "sdpa"
    mask: str = "ones"
    size: int = 1024
    learning_rate: float = 1e-4
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0


@dataclass(frozen=True)
class WorkloadKind:
    """How a workload is built, the options it takes (any other is refused), and their defaults."""

    build: Callable[[Options], Workload]
    option_names: tuple[str, ...]
    defaults: Options


def token_batch(options: Options, vocab_size: int) -> dict[str, torch.Tensor]:
    """Random ids and a mask: all ones, or rows of between half and the whole of the length."""
    rng = torch.Generator().manual_seed(SEED)
    shape = (options.batch, options.seq_len)
    lengths = torch.full((options.batch,), options.seq_len)
    if options.mask == "ragged":
        lengths = torch.randint(options.seq_len // 2, options.seq_len + 1, (options.batch,), generator=rng)
    mask = (torch.arange(options.seq_len)[None, :] < lengths[:, None]).long()
    return {"input_ids": torch.randint(1, vocab_size, shape, generator=rng) * mask, "attention_mask": mask}


def model_facts(model: PreTrainedModel, options: Options) -> dict[str, object]:
    """What a reader of the times needs to know about the model."""
    return {
        "class": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "attention": model.config._attn_implementation,
        "dtype": str(model.dtype).removeprefix("torch."),
        "mode": "eager",
        "mask": options.mask,
        "batch": options.batch,
        "seqLen": options.seq_len,
    }


def electra_small_train(options: Options) -> Workload:
    """Forward, backward, clipping and AdamW of a two-class ELECTRA-small classifier."""
    rate = 0.1 if options.dropout else 0.0
    config = ElectraConfig(
        **ELECTRA_SMALL,
        hidden_dropout_prob=rate,
        attention_probs_dropout_prob=rate,
        attn_implementation=options.attention,
    )
    model = ElectraForSequenceClassification(config).train()
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=options.learning_rate,
        weight_decay=options.weight_decay,
        **OPTIMIZERS[options.optimizer],
    )
    batch = token_batch(options, config.vocab_size)
    labels = torch.arange(options.batch) % 2

    def iterate() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = model(**batch, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.max_grad_norm)
        optimizer.step()
        return float(loss.detach())

    facts = model_facts(model, options) | {
        "dropout": rate,
        "optimizer": f"torch.optim.AdamW, {options.optimizer}",
        "maxGradNorm": options.max_grad_norm,
    }
    return Workload(iterate, facts)


def encode(model: PreTrainedModel, options: Options) -> Workload:
    """One forward pass without gradients; the value is the first one of the last hidden states."""
    model.eval()
    batch = token_batch(options, model.config.vocab_size)

    def iterate() -> float:
        with torch.inference_mode():
            return float(model(**batch).last_hidden_state[0, 0, 0])

    return Workload(iterate, model_facts(model, options))


def electra_small_encode(options: Options) -> Workload:
    """The bare ELECTRA-small encoder."""
    return encode(
        ElectraModel(ElectraConfig(**ELECTRA_SMALL, attn_implementation=options.attention)), options
    )


def t5_small_encode(options: Options) -> Workload:
    """The encoder of T5-small."""
    return encode(T5EncoderModel(T5Config(**T5_SMALL, attn_implementation=options.attention)), options)


def matmul(options: Options) -> Workload:
    """A square f32 matrix product, to say how fast the machine is at the moment."""
    rng = torch.Generator().manual_seed(SEED)
    a = torch.randn(options.size, options.size, generator=rng)
    b = torch.randn(options.size, options.size, generator=rng)
    out = torch.empty_like(a)

    def iterate() -> float:
        torch.mm(a, b, out=out)
        return float(out[0, 0])

    return Workload(iterate, {"size": options.size, "flopsPerIteration": 2 * options.size**3})


def built(build: Callable) -> Callable:
    """A workload of model_workloads.py, which gives its iteration and its facts."""
    return lambda options: Workload(*build(options))


BATCH_OPTIONS = ("batch", "seq_len", "attention", "mask")
TRAIN_OPTIONS = ("dropout", "optimizer", "learning_rate", "weight_decay", "max_grad_norm")
WORKLOADS: dict[str, WorkloadKind] = {
    "electra-small-train": WorkloadKind(
        electra_small_train, BATCH_OPTIONS + TRAIN_OPTIONS, Options(batch=32)
    ),
    "electra-small-encode": WorkloadKind(electra_small_encode, BATCH_OPTIONS, Options()),
    "t5-small-encode": WorkloadKind(t5_small_encode, BATCH_OPTIONS, Options()),
    "matmul": WorkloadKind(matmul, ("size",), Options()),
} | {name: WorkloadKind(built(build), names, defaults) for name, (build, names, defaults) in BUILDERS.items()}

"""ELECTRA's pre-training step in PyTorch, from the paper and Google's facts: what transformers leaves to its users.

Encoders and heads are those of transformers; the generator shares the discriminator's embeddings, its head runs on the
masked positions only, and its samples are drawn by the Gumbel-max trick.
"""

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, linear
from transformers import ElectraConfig, ElectraModel
from transformers.models.electra.modeling_electra import ElectraDiscriminatorPredictions, ElectraGeneratorPredictions

DISCRIMINATOR_WEIGHT = 50.0
SHARED = "generator.embeddings."


@dataclass(frozen=True)
class PretrainingBatch:
    """One batch whose masks are drawn already."""

    input_ids: Tensor  # [batch, seq_len], the original
    masked_ids: Tensor  # [batch, seq_len], what the generator reads
    positions: Tensor  # [batch, predictions], distinct
    gumbel: Tensor | None = None  # [batch, predictions, vocabulary]; absent: drawn anew


def generator_config(config: ElectraConfig) -> ElectraConfig:
    """Google's rule: a quarter of the width, as deep, heads of 64, feed-forward of four times the width."""
    small = copy.deepcopy(config)
    small.hidden_size = config.hidden_size // 4
    small.num_attention_heads = max(1, small.hidden_size // 64)
    small.intermediate_size = 4 * small.hidden_size
    return small


class PretrainedElectra(nn.Module):
    """Discriminator and generator; the forward pass gives the loss that is minimised."""

    def __init__(self, config: ElectraConfig) -> None:
        super().__init__()
        self.config = config
        own = generator_config(config)
        self.electra = ElectraModel(config)
        self.generator = ElectraModel(own)
        self.generator.embeddings = self.electra.embeddings
        self.generator_predictions = ElectraGeneratorPredictions(own)
        self.discriminator_predictions = ElectraDiscriminatorPredictions(config)
        self.generator_lm_head = nn.ParameterDict({"bias": nn.Parameter(torch.zeros(config.vocab_size))})

    def forward(self, batch: PretrainingBatch) -> Tensor:
        """Generator's loss + 50 × discriminator's; every position counts, as no row is padded."""
        ids, at = batch.input_ids, batch.positions
        mask = torch.ones_like(ids)
        states = self.generator(batch.masked_ids, attention_mask=mask).last_hidden_state
        chosen = states.gather(1, at[..., None].expand(-1, -1, states.shape[-1]))
        table = self.electra.embeddings.word_embeddings.weight
        logits = linear(self.generator_predictions(chosen), table, self.generator_lm_head["bias"])
        flat = logits.flatten(0, 1)
        generator_loss = cross_entropy(flat, ids.gather(1, at).flatten())
        corrupted = ids.scatter(1, at, self.sample(logits, batch.gumbel))
        hidden = self.electra(corrupted, attention_mask=mask).last_hidden_state
        replaced = (corrupted != ids).to(hidden.dtype)
        discriminator_loss = binary_cross_entropy_with_logits(self.discriminator_predictions(hidden), replaced)
        return generator_loss + DISCRIMINATOR_WEIGHT * discriminator_loss

    @staticmethod
    def sample(logits: Tensor, gumbel: Tensor | None) -> Tensor:
        """A token for every chosen position; no gradient flows through it."""
        with torch.no_grad():
            noise = -torch.empty_like(logits).exponential_().log_() if gumbel is None else gumbel
            return (logits.detach() + noise).argmax(-1)

    def save(self, folder: Path) -> None:
        """config.json of the discriminator and all weights, shared ones once."""
        self.config.architectures = ["ElectraForPreTraining"]
        self.config.save_pretrained(folder)
        weights = {name: value for name, value in self.state_dict().items() if not name.startswith(SHARED)}
        save_file(weights, folder / "model.safetensors")

    @classmethod
    def load(cls, folder: Path, dropout: float, attention: str) -> "PretrainedElectra":
        """What `save` wrote."""
        settings = json.loads((folder / "config.json").read_text())
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
        model = cls(ElectraConfig(**(settings | rates), attn_implementation=attention))
        missing, unexpected = model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
        if unexpected or any(not name.startswith(SHARED) for name in missing):
            raise ValueError(f"weights that do not fit: missing {missing}, unexpected {unexpected}")
        return model

"""Entities of Hugging Face's token-classification pipeline, under every aggregation strategy."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from transformers import ElectraForTokenClassification, ElectraTokenizerFast, pipeline

from fixture_file import Fixture, to_metadata
from hugging_face import base_metadata, save_and_load
from random_models import generator_for, randomise
from topics.electra_models import electra_config

TOPIC = "token_pipeline"
STRATEGIES = ["none", "simple", "first", "average", "max"]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
VOCAB = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] ada love ##lace ##s lives in rome paris . , ! and the of ' 2 ##2 ##nd caf ##e an ##na "
    "went to sao ##paulo 👍 ber ##lin ##er"
).split()
TEXTS = [
    "Ada Lovelace lives in Rome.",
    "👍🏽 Anna went to São Paulo, and 👍 Berliner Ada!",
    "Cafe\u0301s of the Lovelaces 22nd in Paris",
    "unbekannt 👩‍🚀 Anna's Rome",
]


def utf16(text: str, position: int) -> int:
    """A position in code points as one in UTF-16 code units."""
    return len(text[:position].encode("utf-16-le")) // 2


def entities(text: str, found: list[dict]) -> list[dict]:
    """The pipeline's entities with positions of JavaScript."""
    return [
        {
            "label": entity.get("entity", entity.get("entity_group")),
            "score": float(entity["score"]),
            "start": utf16(text, entity["start"]),
            "end": utf16(text, entity["end"]),
        }
        for entity in found
    ]


def fixtures() -> Iterator[Fixture]:
    """One tiny model, four texts, five strategies."""
    seed = 4101
    labels = dict(enumerate(LABELS))
    config = electra_config(vocab_size=len(VOCAB), max_position_embeddings=40, id2label=labels, label2id={name: index for index, name in labels.items()})
    saved = save_and_load(randomise(ElectraForTokenClassification(config), generator_for(seed)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(VOCAB) + "\n", encoding="utf-8")
        tokenizer = ElectraTokenizerFast(str(path))
        expected = {
            strategy: [
                entities(text, pipeline("token-classification", model=saved.model, tokenizer=tokenizer, aggregation_strategy=strategy)(text))
                for text in TEXTS
            ]
            for strategy in STRATEGIES
        }
    metadata = base_metadata(saved, TOPIC, seed, "Positions are UTF-16 code units.")
    metadata |= to_metadata({"vocab": VOCAB, "texts": TEXTS, "entities": expected})
    fixture = Fixture("electra-token-pipeline", metadata=metadata)
    fixture.add("weight", saved.weights)
    yield fixture

"""Writes the models that are compared: Hugging Face folders with the ONNX files of transformers.js beside them.

    python export_models.py OUT [NAME …] [--only TEXT] [--vocab FOLDER]

No released weights are needed: these are random ones of the published sizes. A folder that is done is left as it is.
"""

import argparse
import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from transformers import (
    ElectraConfig,
    ElectraForSequenceClassification,
    ElectraModel,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from electra_pretraining import PretrainedElectra
from onnx_export import export_encoder, export_merged_decoder
from random_weights import SEED, randomise_t5

ELECTRA_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
DONE = "done"


@dataclass(frozen=True)
class T5Size:
    """Sizes of a T5 1.0."""

    d_model: int
    d_ff: int
    layers: int
    heads: int


@dataclass(frozen=True)
class ElectraSize:
    """Sizes of a discriminator."""

    embedding: int
    hidden: int
    layers: int
    heads: int


T5_SIZES = {"tiny": T5Size(64, 128, 2, 4), "small": T5Size(512, 2048, 6, 8), "base": T5Size(768, 3072, 12, 12)}
ELECTRA_SIZES = {
    "tiny": ElectraSize(32, 64, 2, 1),
    "small": ElectraSize(128, 256, 12, 4),
    "base": ElectraSize(768, 768, 12, 12),
}


def t5_config(size: T5Size) -> T5Config:
    """As google-t5's config.json."""
    return T5Config(
        vocab_size=32128,
        d_model=size.d_model,
        d_kv=size.d_model // size.heads,
        d_ff=size.d_ff,
        num_layers=size.layers,
        num_heads=size.heads,
        feed_forward_proj="relu",
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
    )


def electra_config(size: ElectraSize) -> ElectraConfig:
    """As google/electra-*-discriminator's config.json."""
    return ElectraConfig(
        vocab_size=30522,
        embedding_size=size.embedding,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.hidden,
    )


def write_t5(size: T5Size, folder: Path) -> None:
    """T5ForConditionalGeneration with both ONNX files."""
    config = t5_config(size)
    randomise_t5(T5ForConditionalGeneration(config)).save_pretrained(folder)
    model = T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager")
    export_encoder(model.encoder, folder / "onnx" / "encoder_model.onnx", ("input_ids", "attention_mask"))
    export_merged_decoder(model, folder / "onnx" / "decoder_model_merged.onnx")


def write_initial_t5(size: T5Size, folder: Path) -> None:
    """T5ForConditionalGeneration as transformers initialises it, to be trained: its gradients are tamer. No ONNX file."""
    T5ForConditionalGeneration(t5_config(size)).save_pretrained(folder)


def write_electra(size: ElectraSize, folder: Path) -> None:
    """ElectraModel with its ONNX file."""
    ElectraModel(electra_config(size)).save_pretrained(folder)
    model = ElectraModel.from_pretrained(folder, attn_implementation="eager")
    export_encoder(model, folder / "onnx" / "model.onnx", ELECTRA_INPUTS)


def write_classifier(size: ElectraSize, folder: Path) -> None:
    """ElectraForSequenceClassification of two classes; no ONNX file, as nothing else in JavaScript trains it."""
    ElectraForSequenceClassification(electra_config(size)).save_pretrained(folder)


def write_pretraining(size: ElectraSize, folder: Path) -> None:
    """Generator and discriminator; the folder's config is the discriminator's."""
    PretrainedElectra(electra_config(size)).save(folder)


WRITERS: dict[str, Callable[[Path], None]] = (
    {f"t5-{name}": lambda folder, size=size: write_t5(size, folder) for name, size in T5_SIZES.items()}
    | {f"t5-{name}-initial": lambda folder, size=size: write_initial_t5(size, folder) for name, size in T5_SIZES.items()}
    | {f"electra-{name}": lambda folder, size=size: write_electra(size, folder) for name, size in ELECTRA_SIZES.items()}
    | {
        f"electra-{name}-classifier": lambda folder, size=size: write_classifier(size, folder)
        for name, size in ELECTRA_SIZES.items()
    }
    | {
        f"electra-{name}-pretraining": lambda folder, size=size: write_pretraining(size, folder)
        for name, size in ELECTRA_SIZES.items()
    }
)


def write_folder(name: str, folder: Path, vocab: Path | None) -> None:
    """One folder, whole or not at all: what an interrupted run left is written anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "onnx").mkdir(parents=True)
    torch.manual_seed(SEED)
    WRITERS[name](folder)
    if vocab is not None and name.startswith("t5-"):
        (folder / "tokenizer.json").write_bytes(gzip.decompress((vocab / "tokenizer.json.gz").read_bytes()))
        settings = {"tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / DONE).touch()


def main() -> None:
    """Folders that are done already are left alone."""
    parser = argparse.ArgumentParser(description="random models of the published sizes")
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(WRITERS)}; default all that are not tiny")
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--vocab", type=Path, help="a folder with T5's tokenizer.json.gz, for the cold start")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in options.names or [name for name in WRITERS if "tiny" not in name]:
        if name not in WRITERS:
            parser.error(f"unknown model {name}; known are {', '.join(WRITERS)}")
        if options.only in name and not (options.out / name / DONE).exists():
            write_folder(name, options.out / name, options.vocab)
            print(json.dumps({"made": name}), flush=True)


if __name__ == "__main__":
    main()

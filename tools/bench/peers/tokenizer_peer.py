"""SentencePiece's and Hugging Face's trainers as the other side of tokenizer-training.ts.

JSON lines in, JSON lines out; README.md has the protocol. Libraries are imported by the command that needs them,
so that peak memory is that of one trainer.
"""

import argparse
import gzip
import importlib.metadata
import io
import json
import os
import platform
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator


def text_lines(files: list[str]) -> Iterator[str]:
    """The lines that are not empty; a name in .gz is unpacked."""
    for name in files:
        with gzip.open(name, "rt", encoding="utf-8") if name.endswith(".gz") else open(name, encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    yield line.rstrip("\n")


def peak_rss_bytes() -> int:
    """Largest resident set of this process so far (Linux counts KiB, macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


class Trained:
    """A trained tokenizer: how many pieces it has, how many tokens it makes of a text."""

    def __init__(self, size: int, count_tokens: Callable[[str], int], seeds: int | None = None) -> None:
        self.size, self.count_tokens, self.seeds = size, count_tokens, seeds


def train_unigram(files: list[str], vocab_size: int, threads: int) -> Trained:
    """SentencePiece with its defaults and T5's special tokens; no line is too long for it."""
    import sentencepiece

    model = io.BytesIO()
    with tempfile.TemporaryFile() as log:  # the number of seeds is in the log only, which is C++'s standard error
        standard_error = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=text_lines(files),
                model_writer=model,
                model_type="unigram",
                vocab_size=vocab_size,
                character_coverage=0.9995,
                normalization_rule_name="nmt_nfkc",
                max_sentence_length=10_000_000,
                num_threads=threads,
                pad_id=0,
                eos_id=1,
                unk_id=2,
                bos_id=-1,
            )
        finally:
            os.dup2(standard_error, 2)
        log.seek(0)
        seeds = re.search(rb"Initialized (\d+) seed", log.read())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return Trained(processor.vocab_size(), lambda text: len(processor.encode(text)), seeds and int(seeds[1]))


def train_word_piece(files: list[str], vocab_size: int, _threads: int) -> Trained:
    """Hugging Face's BertWordPieceTokenizer with its defaults; RAYON_NUM_THREADS is set."""
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer()
    tokenizer.train_from_iterator(text_lines(files), vocab_size=vocab_size, show_progress=False)
    count = lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)  # noqa: E731
    return Trained(tokenizer.get_vocab_size(), count)


TRAINERS = {"unigram": train_unigram, "word-piece": train_word_piece}


def answer(command: dict, threads: int) -> dict[str, object]:
    """Trains, measures, and counts the tokens of the held-out files."""
    started = time.perf_counter()
    trained = TRAINERS[command["train"]](command["files"], command["vocabSize"], threads)
    seconds, peak = time.perf_counter() - started, peak_rss_bytes()
    tokens = sum(trained.count_tokens(line) for line in text_lines(command["heldOut"]))
    facts = {"seconds": seconds, "peakRssBytes": peak, "size": trained.size, "tokens": tokens}
    return facts if trained.seeds is None else {**facts, "seeds": trained.seeds}


def main() -> None:
    """Answers until its input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    threads = parser.parse_args().threads
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    versions = {name: importlib.metadata.version(name) for name in ("sentencepiece", "tokenizers")}
    print(json.dumps({"hello": "python", **versions}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps(answer(json.loads(line), threads)), flush=True)
        except Exception as error:  # the caller decides what to do about it
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)


if __name__ == "__main__":
    main()

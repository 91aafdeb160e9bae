"""Vocabularies that SentencePiece learns from the test corpus of packages/tokenizer: `python unigram_training.py`.

Needs Node, `npm ci` and the Python package sentencepiece. Writes one JSON file, which the trainer's test reads.
"""

import io
import json
import subprocess
from pathlib import Path

import sentencepiece

REPOSITORY = Path(__file__).parents[2]
TARGET = REPOSITORY / "packages/tokenizer/test/fixtures/unigram-training.json"
CORPUS = "./packages/tokenizer/test/training-corpus.ts"
TRAINING = {"seed": 21, "lines": 1800}
HELD_OUT = {"seed": 22, "lines": 200}

# Options of SentencePiece's trainer; the test has the same under our names.
CASES = {
    "defaults": {},
    "low coverage": {"character_coverage": 0.995},
    "byte fallback": {"byte_fallback": True, "character_coverage": 0.995, "vocab_size": 800},
    "short pieces, single digits": {"max_sentencepiece_length": 5, "split_digits": True},
    "scripts and numbers together": {"split_by_unicode_script": False, "split_by_number": False},
    "numbers with letters": {"split_by_number": False},
    "spaces behind": {"treat_whitespace_as_suffix": True},
    "pieces across words": {"split_by_whitespace": False},
    "slow pruning": {"shrinking_factor": 0.9, "num_sub_iterations": 3},
    "few seeds": {"seed_sentencepiece_size": 1500},
}


def corpus(seed: int, lines: int) -> list[str]:
    """The lines that the TypeScript side draws."""
    program = f"import('{CORPUS}').then((m) => console.log(m.trainingCorpus({seed}, {lines}).join('\\n')))"
    command = ["node", "--import", "tsx", "-e", program]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return done.stdout.rstrip("\n").split("\n")


def train(lines: list[str], options: dict[str, object]) -> sentencepiece.SentencePieceProcessor:
    """A model with the options, on text that is taken as it is."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        normalization_rule_name="identity",
        minloglevel=2,
        num_threads=1,
        **{"vocab_size": 600, **options},
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def case(training: list[str], held_out: list[str], options: dict[str, object]) -> dict[str, object]:
    """The learned pieces with their scores, and how many tokens the model makes of the held-out lines."""
    processor = train(training, options)
    ids = range(processor.vocab_size())
    return {
        "options": options,
        "heldOutTokens": sum(len(processor.encode(line)) for line in held_out),
        "pieces": [[processor.id_to_piece(i), round(processor.get_score(i), 4)] for i in ids],
    }


def main() -> None:
    """Writes the file."""
    training, held_out = corpus(**TRAINING), corpus(**HELD_OUT)
    facts = {
        "generator": f"sentencepiece {sentencepiece.__version__}",
        "training": {**TRAINING, "characters": sum(map(len, training))},
        "heldOut": {**HELD_OUT, "characters": sum(map(len, held_out))},
        "cases": {name: case(training, held_out, options) for name, options in CASES.items()},
    }
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    TARGET.write_text(text.replace('"options"', '\n"options"') + "\n", encoding="utf-8")
    print(f"{TARGET.relative_to(REPOSITORY)}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

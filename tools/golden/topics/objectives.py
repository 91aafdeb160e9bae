"""T5's span arithmetic and its inputs/targets functions, from their definitions in NumPy."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from fixture_file import Fixture, to_metadata

TOPIC = "objectives"
SEED = 20261125
VOCAB_SIZE = 32100
HELPER_SETTINGS = [  # inputs length, noise density in percent, mean span length
    (128, 15, 3), (256, 15, 3), (512, 15, 3), (1024, 15, 3), (2048, 15, 3),
    (512, 15, 2), (512, 15, 5), (512, 15, 10), (512, 15, 20), (1024, 15, 20), (512, 50, 3),
    *[(length, percent, mean) for length in (17, 33, 64, 100, 229, 384)
      for percent in (10, 15, 25, 30, 50) for mean in (1, 2, 3, 8)],
]
COUNT_SETTINGS = [(10, 3), (15, 2), (15, 3), (15, 5), (15, 10), (15, 20), (25, 3), (50, 3)]
LONGEST = 1200


def span_lengths(inputs_length: int, density: float, mean: float) -> tuple[int, int]:
    """Raw length and targets length whose corruption fills the inputs; Python rounds halves to even."""

    def lengths(tokens: int) -> tuple[int, int]:
        noise = round(tokens * density)
        spans = round(noise / mean)
        return tokens - noise + spans + 1, noise + spans + 1

    tokens = inputs_length - 1
    while lengths(tokens + 1)[0] <= inputs_length:
        tokens += 1
    inputs, targets = lengths(tokens)
    return (tokens - 1, targets - 1) if density == 0.5 and targets > inputs else (tokens, targets)


def noise_counts(length: int, density: float, mean: float) -> tuple[int, int]:
    """Noise tokens and spans of a mask, in single precision as TensorFlow computes them."""
    length = max(length, 2)
    noise = int(np.rint(np.float32(length) * np.float32(density)))
    noise = min(max(noise, 1), length - 1)
    return noise, max(int(np.rint(np.float32(noise) / np.float32(mean))), 1)


def starts_of(mask: np.ndarray) -> np.ndarray:
    """True at the first token of each run of noise."""
    return mask & ~np.concatenate([[False], mask[:-1]])


def spans_to(tokens: np.ndarray, mask: np.ndarray, unique: bool) -> np.ndarray:
    """Each run of noise becomes the last id of the vocabulary, or ids descending from it."""
    starts = starts_of(mask)
    sentinel = VOCAB_SIZE - (np.cumsum(starts) if unique else 1)
    return np.where(starts, sentinel, tokens)[starts | ~mask]


FUNCTIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "noiseTokenToSentinel": lambda t, m: np.where(m, VOCAB_SIZE - 1, t),
    "noiseSpanToSentinel": lambda t, m: spans_to(t, m, unique=False),
    "nonnoiseSpanToSentinel": lambda t, m: spans_to(t, ~m, unique=False),
    "noiseSpanToUniqueSentinel": lambda t, m: spans_to(t, m, unique=True),
    "nonnoiseSpanToUniqueSentinel": lambda t, m: spans_to(t, ~m, unique=True),
    "dropNoiseTokens": lambda t, m: t[~m],
    "dropNonnoiseTokens": lambda t, m: t[m],
}


def ints(values: object) -> torch.Tensor:
    """As int32."""
    return torch.from_numpy(np.asarray(values, dtype=np.int32).copy())


def fixtures() -> Iterator[Fixture]:
    """One file: the helper's table, counts of masks, and functions applied to random masks."""
    rng = np.random.default_rng(SEED)
    fixture = Fixture("objectives")
    helper = [(*s, *span_lengths(s[0], s[1] / 100, s[2])) for s in HELPER_SETTINGS]
    counts = [
        [noise_counts(length, percent / 100, mean) for length in range(1, LONGEST + 1)]
        for percent, mean in COUNT_SETTINGS
    ]
    fixture.add("helper", {"rows": ints(helper)})
    fixture.add("counts", {"settings": ints(COUNT_SETTINGS), "values": ints(counts)})
    for case, (length, density) in enumerate([(1, 0.0), (1, 1.0), (7, 0.5), (40, 0.15), (64, 0.5), (90, 0.8)]):
        tokens = rng.integers(3, 32000, length)
        mask = rng.random(length) < density
        outputs = {name: ints(function(tokens, mask)) for name, function in FUNCTIONS.items()}
        fixture.add(f"case/{case}", {"tokens": ints(tokens), "mask": torch.from_numpy(mask), **outputs})
    facts = {"generator": TOPIC, "seed": SEED, "numpy": np.__version__, "vocab_size": VOCAB_SIZE}
    fixture.metadata = to_metadata(facts)
    yield fixture

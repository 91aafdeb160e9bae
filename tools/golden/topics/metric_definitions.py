"""Metrics whose usual tools (rouge_score, NLTK, seqeval, T5, SQuAD's scripts) are not installed here, written down
from their definitions, in other ways than the TypeScript has them."""

import re
import string
from collections import Counter
from functools import lru_cache
from itertools import product

import numpy as np

MISSING = -9.0  # stands for a score that is not defined: NaN would compare with nothing

# ---- answers: SQuAD, TriviaQA, CoQA ----


def normalize(text: str, punctuation: str, replacement: str) -> str:
    """Lower case, punctuation replaced, articles and surplus space removed."""
    table = {ord(mark): replacement for mark in punctuation}
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(table)).split())


def normalize_squad(text: str) -> str:
    return normalize(text, string.punctuation, "")


def normalize_trivia(text: str) -> str:
    return normalize(text, string.punctuation + "‘’´`_", " ")


def word_f1(target: str, prediction: str, both_empty: float) -> float:
    """F1 of bags of words; `both_empty` where neither side has one."""
    gold, own = target.split(), prediction.split()
    if not gold and not own:
        return both_empty
    shared = sum((Counter(gold) & Counter(own)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(own), shared / len(gold)
    return (2 * precision * recall) / (precision + recall)  # rounded as the official scripts: thresholds hang on it


def answer_scores(targets, predictions, normal) -> list[float]:
    """Exact match and F1 in percent."""
    exact = [any(normal(t) == normal(p) for t in answers) for answers, p in zip(targets, predictions)]
    f1 = [max(word_f1(normal(t), normal(p), 0.0) for t in answers) for answers, p in zip(targets, predictions)]
    return [100 * float(np.mean(exact)), 100 * float(np.mean(f1))]


def coqa_f1(targets, predictions) -> float:
    both = zip(targets, predictions)
    best = [max(word_f1(normalize_squad(t), normalize_squad(p), 1.0) for t in answers) for answers, p in both]
    return 100 * float(np.mean(best))


def span_answers(targets, predictions) -> list[str]:
    """The words that `start: i end: j` points to."""

    def words(text: str) -> list[str]:
        return re.sub(r"\W", " ", text).split()

    texts = []
    for (context, _), prediction in zip(targets, predictions):
        tokens = words(prediction)
        try:
            texts.append(" ".join(words(context)[int(tokens[1]) : int(tokens[3]) + 1]))
        except (ValueError, IndexError):
            texts.append("")
    return texts


def squad2(targets, predictions, no_answer, threshold: float) -> list[float]:
    """Exact, F1; both for answerable and unanswerable questions (MISSING if none); best exact, F1 and thresholds."""
    has = np.array([bool(answers) for answers in targets])
    exact, f1 = [], []
    for answers, prediction in zip(targets, predictions):
        golds = [text for text in answers if normalize_squad(text)] or [""]
        own = normalize_squad(prediction)
        exact.append(max(float(normalize_squad(text) == own) for text in golds))
        f1.append(max(word_f1(normalize_squad(text), own, 1.0) for text in golds))
    probabilities = np.array(no_answer)
    result = []
    cut = [np.where(probabilities > threshold, ~has, values) for values in (exact, f1)]
    for part in (np.full(len(has), True), has, ~has):
        result += [100 * float(np.mean(values[part])) if part.any() else MISSING for values in cut]
    for raw in (exact, f1):
        order = sorted(range(len(raw)), key=lambda index: no_answer[index])
        gains = [raw[index] if has[index] else -float(predictions[index] != "") for index in order]
        at = int(np.argmax(curve := np.cumsum([float((~has).sum()), *gains])))
        result += [100 * float(curve[at]) / len(raw), no_answer[order[at - 1]] if at else 0.0]
    return result


# ---- spans of tags ----


def split_tag(tag: str) -> tuple[str, str]:
    return tag[0], tag[2:] or "_"


def conll_spans(tags: list[str]) -> set[tuple[str, int, int]]:
    """Cuts the sentence wherever a span must begin or end, then keeps the pieces that are not outside."""
    pairs = [("O", "_")] + [split_tag(tag) for tag in tags] + [("O", "_")]
    cuts = [0]
    for at in range(1, len(pairs) - 1):
        (before, old), (now, new) = pairs[at], pairs[at + 1]
        if before in "ESO" or now in "BSO" or old != new:
            cuts.append(at)
    return {
        (pairs[start + 1][1], start, end)
        for start, end in zip(cuts, cuts[1:] + [len(tags)])
        if end > start and pairs[start + 1][0] != "O"
    }


def electra_spans(tags: list[str]) -> set[tuple[str, int, int]]:
    """Runs between O, each cut before B and S; the last token gives the type."""
    spans, start = set(), 0
    for at in range(len(tags) + 1):
        now = tags[at][0] if at < len(tags) else "O"
        if at > start and now in "OBS" and tags[at - 1] != "O":
            spans.add((split_tag(tags[at - 1])[1], start, at))
        if now in "OBS" or tags[at - 1] == "O":
            start = at
    return spans


STRICT_SHAPES = {"IOB2": "BI*", "IOBES": "(?:BI*E|S)", "BILOU": "(?:BI*L|U)"}


def strict_spans(tags: list[str], scheme: str) -> set[tuple[str, int, int]]:
    """Well-formed spans, by a pattern over each type's prefixes (IOB1: by its transitions)."""
    pairs = [split_tag(tag) for tag in tags]
    if scheme == "IOB1":
        return strict_iob1(pairs)
    spans = set()
    for kind in {kind for prefix, kind in pairs if prefix != "O"}:
        letters = "".join(prefix if other == kind and prefix != "O" else "." for prefix, other in pairs)
        spans |= {(kind, found.start(), found.end()) for found in re.finditer(STRICT_SHAPES[scheme], letters)}
    return spans


def strict_iob1(pairs) -> set[tuple[str, int, int]]:
    def starts(before, now) -> bool:
        same = before[1] == now[1]
        if now[0] == "I":
            return before[0] in "OB" or not same
        return now[0] == "B" and before[0] in "IB" and same

    def closes(before, now) -> bool:
        if now[0] == "O":
            return True
        same = before[1] == now[1]
        if now[0] == "I":
            return not same
        return before[0] == "I" or same

    spans, at, end_of = set(), 0, len(pairs)
    padded = pairs + [("O", "_")]
    while at < end_of:
        before = pairs[at - 1] if at else ("O", "_")
        stop = at + 1
        if starts(before, pairs[at]):
            while stop < end_of and pairs[stop] == ("I", pairs[at][1]):
                stop += 1
            if closes(pairs[stop - 1], padded[stop]):
                spans.add((pairs[at][1], at, stop))
        at = stop
    return spans


def span_scores(targets, predictions, read) -> list[float]:
    """Precision, recall, F1 over all spans; mean F1 over types."""
    gold = {(row, *span) for row, tags in enumerate(targets) for span in read(tags)}
    own = {(row, *span) for row, tags in enumerate(predictions) for span in read(tags)}

    def scores(a: set, b: set) -> list[float]:
        right = len(a & b)
        return [right / max(1, len(b)), right / max(1, len(a)), 2 * right / max(1, len(a) + len(b))]

    kinds = sorted({span[1] for span in gold | own})
    per_kind = [scores({s for s in gold if s[1] == kind}, {s for s in own if s[1] == kind})[2] for kind in kinds]
    return scores(gold, own) + [float(np.mean(per_kind)) if kinds else 0.0]


# ---- ROUGE, with the Porter stemmer of NLTK ----


def consonants(word: str) -> list[bool]:
    flags: list[bool] = []
    for index, letter in enumerate(word):
        flags.append(letter not in "aeiou" and not (letter == "y" and index > 0 and flags[index - 1]))
    return flags


def measure(stem: str) -> int:
    flags = consonants(stem)
    return sum(1 for before, now in zip(flags, flags[1:]) if now and not before)


def is_short(word: str) -> bool:
    flags = consonants(word)
    if len(word) == 2:
        return flags == [False, True]
    return len(word) > 2 and flags[-3:] == [True, False, True] and word[-1] not in "wxy"


def strip(word: str, rules: list[tuple[str, str]], least: int) -> str:
    for suffix, replacement in rules:
        if word.endswith(suffix):
            stem = word[: len(word) - len(suffix)]
            fits = measure(stem) > least and (suffix != "ion" or stem[-1] in "st")
            return stem + replacement if fits else word
    return word


STEP2 = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
]  # fmt: skip
STEP3 = [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")]
STEP4 = "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize".split()
IRREGULAR = dict(
    skies="sky", dying="die", lying="lie", tying="tie", innings="inning", outings="outing", cannings="canning"
) | {word: word for word in "sky news inning outing canning howe proceed exceed succeed".split()}


@lru_cache(maxsize=None)
def porter(word: str) -> str:
    """NLTK's default mode."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 3:
        return word
    if word.endswith("ies"):
        word = word[:-1] if len(word) == 4 else word[:-2]
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    word = past(word)
    if word.endswith("y") and len(word) > 2 and consonants(word)[-2]:
        word = word[:-1] + "i"
    while word.endswith("alli") and measure(word[:-4]) > 0:
        word = word[:-2]
    if word.endswith("logi"):
        word = word[:-1] if measure(word[:-3]) > 0 else word
    else:
        word = strip(word, STEP2, 0)
    word = strip(strip(word, STEP3, 0), [(suffix, "") for suffix in STEP4], 1)
    if word.endswith("e") and (measure(word[:-1]) > 1 or (measure(word[:-1]) == 1 and not is_short(word[:-1]))):
        word = word[:-1]
    return word[:-1] if word.endswith("ll") and measure(word[:-1]) > 1 else word


def past(word: str) -> str:
    """Step 1b."""
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        stem = word[: -len(suffix)]
        if not word.endswith(suffix) or all(consonants(stem)):
            continue
        if stem.endswith(("at", "bl", "iz")):
            return stem + "e"
        if len(stem) > 1 and stem[-1] == stem[-2] and consonants(stem)[-1]:
            return stem if stem[-1] in "lsz" else stem[:-1]
        return stem + "e" if measure(stem) == 1 and is_short(stem) else stem
    return word


def rouge_words(text: str, stem: bool) -> tuple[str, ...]:
    words = re.sub("[^a-z0-9]", " ", text.lower()).split()
    return tuple(porter(word) if stem and len(word) > 3 else word for word in words)


def lcs_indices(a: tuple[str, ...], b: tuple[str, ...]) -> list[int]:
    """Indices in `a` of the longest common subsequence that is found walking back, upwards where it is equal."""
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i, j in product(range(len(a)), range(len(b))):
        table[i + 1, j + 1] = table[i, j] + 1 if a[i] == b[j] else max(table[i, j + 1], table[i + 1, j])
    found, i, j = [], len(a), len(b)
    while i and j:
        if a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
            found.append(i)
        elif table[i, j - 1] > table[i - 1, j]:
            j -= 1
        else:
            i -= 1
    return found


def rouge(target: str, prediction: str, kind: str, stem: bool) -> list[float]:
    """Precision, recall and F1 in percent."""
    a, b = rouge_words(target, stem), rouge_words(prediction, stem)
    wanted, given = len(a), len(b)
    if kind == "rougeL":
        hits = len(lcs_indices(a, b))
    elif kind == "rougeLsum":
        hits = lsum_hits(target, prediction, stem)
    else:
        order = int(kind[5:])
        grams = [Counter(zip(*(words[k:] for k in range(order)))) for words in (a, b)]
        hits = sum((grams[0] & grams[1]).values())
        wanted, given = (sum(counts.values()) for counts in grams)
    return [100 * hits / max(1, given), 100 * hits / max(1, wanted), 100 * 2 * hits / max(1, wanted + given)]


def lsum_hits(target: str, prediction: str, stem: bool) -> int:
    sides = [[rouge_words(line, stem) for line in text.split("\n")] for text in (target, prediction)]
    left = [Counter(word for line in side for word in line) for side in sides]
    hits = 0
    for line in sides[0]:
        union = sorted({index for other in sides[1] for index in lcs_indices(line, other)})
        for word in (line[index] for index in union):
            if all(counts[word] > 0 for counts in left):
                hits += 1
                for counts in left:
                    counts[word] -= 1
    return hits


# ---- distances and calibration ----


def edits(a, b) -> int:
    """Levenshtein distance, by recursion over suffixes."""

    @lru_cache(maxsize=None)
    def distance(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return len(a) - i + len(b) - j
        if a[i] == b[j]:
            return distance(i + 1, j + 1)
        return 1 + min(distance(i + 1, j + 1), distance(i + 1, j), distance(i, j + 1))

    return distance(0, 0)


def calibration_error(targets, rows, bins: int) -> float:
    probabilities = np.array(rows)
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == np.array(targets)
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(total)

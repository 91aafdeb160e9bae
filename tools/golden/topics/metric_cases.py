"""Inputs of the metric fixtures. packages/metrics/test/cases.ts makes the same ones, so only results are stored."""

MASK = 0xFFFFFFFF

WORDS = (
    "the a an cat sat on mat . , ! ? The Cat dogs running ran quickly 3.5 1,000 2-3 well-known it's don't "
    "(hello) \"quoted\" e.g. U.S. $5 50% naïve Straße ΣΟΦΟΣ İstanbul Ǆ 你好 世界 。 こんにちは カタカナ １２３ ½ ² "
    "&amp; &quot;x&quot; &lt; <skipped> 😀 👨‍👩‍👧 é e\u0301 ‘x’ “y” — … · ¿qué? «là» ٣٤ हिन्दी ไทย -\u0020- a_b "
    "x-\ny \ufeff z\u200b 'tis 's . . theory anagram answer an-other THE"
).split(" ")
SEPARATORS = [" "] * 12 + ["  ", "\t", "\u00a0", "\n", "\u001c", "\u3000", "\u0085", ""]
TYPES = ["PER", "LOC", "ORG-X"]
STEMS = (
    "happ relat condit valenc digit conform radic vile anal vietnam predic oper feud decis hope callous formal "
    "sensit sensibl tripl form electr good reviv allow infer airlin gyroscop adjust defens irrit replac depend adopt "
    "hom commun activ angular homolog effect bowdler prob rat ceas contr roll sky flies dy hopp tann fall hiss fizz "
    "fail fil trouble siz motor plaster bled sing agree feed tie caress pon cat geo theo archaeo enjo spy ag us on ic"
).split(" ")
SUFFIXES = (
    " s es ies ed ing eed ied y ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism "
    "iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic "
    "able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll le lly"
).split(" ")


class Random:
    """mulberry32: the generator of packages/metrics/src/rng.ts."""

    def __init__(self, seed: int):
        self.state = seed & MASK

    def __call__(self) -> float:
        self.state = (self.state + 0x6D2B79F5) & MASK
        mixed = ((self.state ^ (self.state >> 15)) * (self.state | 1)) & MASK
        mixed ^= (mixed + ((mixed ^ (mixed >> 7)) * (mixed | 61))) & MASK
        return ((mixed ^ (mixed >> 14)) & MASK) / 2**32

    def below(self, limit: int) -> int:
        return int(self() * limit)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        return self() < share


def text_of(random: Random, words: list[str]) -> str:
    """Words with random separators, and sometimes space at the ends."""
    text = ""
    for index, word in enumerate(words):
        text += (random.pick(SEPARATORS) if index else "") + word
    return text + random.pick(["", "", " ", "\n", "\u001f"])


def words_of(random: Random, most: int) -> list[str]:
    return [random.pick(WORDS) for _ in range(random.below(most + 1))]


def edited(random: Random, words: list[str]) -> list[str]:
    """A copy with words dropped, doubled and replaced, and at times a block moved."""
    copy: list[str] = []
    for word in words:
        kind = random.below(10)
        if kind == 0:
            continue
        copy.append(random.pick(WORDS) if kind == 1 else word)
        if kind == 2:
            copy.append(word)
    if len(copy) > 3 and random.chance(0.5):
        start = random.below(len(copy) - 1)
        length = 1 + random.below(min(4, len(copy) - start))
        block = copy[start : start + length]
        rest = copy[:start] + copy[start + length :]
        target = random.below(len(rest) + 1)
        copy = rest[:target] + block + rest[target:]
    return copy


def corpus(seed: int) -> tuple[list[list[str]], list[str]]:
    """References (one to three per sentence) and predictions; every tenth corpus has long sentences."""
    random = Random(seed)
    size = 1 + random.below(8)
    most = 70 if seed % 10 == 9 else 14
    references = 1 + random.below(3)
    varies = random.chance(0.2)
    targets, predictions = [], []
    for _ in range(size):
        words = words_of(random, most)
        predictions.append(text_of(random, edited(random, words)))
        count = 1 + random.below(3) if varies else references
        targets.append([text_of(random, words if index == 0 else edited(random, words)) for index in range(count)])
    return targets, predictions


def edit_pair(seed: int) -> tuple[str, str]:
    """Long texts of few words with blocks moved far, and pairs of very different length: the limits of TER."""
    random = Random(seed)
    kinds = random.pick([3, 8, 30, 120])
    words = [f"w{random.below(kinds)}" for _ in range(40 + random.below(100))]
    if seed % 5 == 4:
        return " ".join(words), " ".join(words[random.below(30) :][: 1 + random.below(2)])
    copy = list(words)
    for _ in range(1 + random.below(4)):
        start, length = random.below(len(copy)), 1 + random.below(14)
        block, copy = copy[start : start + length], copy[:start] + copy[start + length :]
        target = random.below(len(copy) + 1)
        copy = copy[:target] + block + copy[target:]
    return " ".join(words), " ".join(copy)


def labels(seed: int) -> tuple[int, list[int], list[int], list[float]]:
    """Number of classes, targets, predictions (in part right), weights."""
    random = Random(seed)
    size = 1 + random.below(40)
    classes = 2 + random.below(4)
    targets = [random.below(classes) for _ in range(size)]
    predictions = [target if random.chance(0.5) else random.below(classes) for target in targets]
    return classes, targets, predictions, [random.below(5) + 0.5 for _ in range(size)]


def scores(seed: int) -> tuple[list[int], list[float], list[float]]:
    """Targets 0 and 1 (both there), scores with ties, weights."""
    random = Random(seed)
    size = 2 + random.below(40)
    targets = [0, 1] + [random.below(2) for _ in range(size - 2)]
    coarse = 4 if random.chance(0.5) else 1000
    values = [random.below(coarse) / coarse + 0.25 * target for target in targets]
    return targets, values, [random.below(3) + 1.0 for _ in range(size)]


def tags(seed: int, prefixes: str) -> tuple[list[list[str]], list[list[str]]]:
    """Tagged sentences with every mistake there is."""
    random = Random(seed)

    def tag() -> str:
        if random.chance(0.3):
            return "O"
        prefix = random.pick(list(prefixes))
        return prefix if random.chance(0.05) else f"{prefix}-{random.pick(TYPES)}"

    targets = [[tag() for _ in range(random.below(12))] for _ in range(1 + random.below(5))]
    predictions = [[one if random.chance(0.7) else tag() for one in row] for row in targets]
    return targets, predictions


def questions(seed: int) -> tuple[list[list[str]], list[str], list[float]]:
    """Answers per question (none at times), predictions (empty at times), no-answer scores with ties."""
    random = Random(seed)
    targets, predictions, no_answer = [], [], []
    for _ in range(1 + random.below(12)):
        words = words_of(random, 5)
        count = 0 if random.chance(0.3) else 1 + random.below(3)
        targets.append([text_of(random, edited(random, words)) for _ in range(count)])
        predictions.append("" if random.chance(0.2) else text_of(random, edited(random, words)))
        no_answer.append(random.below(6) / 4)
    return targets, predictions, no_answer


def span_questions(seed: int) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Contexts with answers, and predictions such as `start: 1 end: 3`, in part broken."""
    random = Random(seed)
    targets, predictions = [], []
    for _ in range(1 + random.below(5)):
        words = words_of(random, 14)
        start, length = random.below(14), random.below(4)
        answers = [text_of(random, words[start : start + length + 1]), text_of(random, words_of(random, 3))]
        targets.append((text_of(random, words), answers))
        shown = [str(start + random.below(2)), str(start + length)]
        broken = random.pick(["start: {} end: {}"] * 5 + ["{} {}", "start: {}", "start: x{} end: {}", "start {} end {} 9"])
        predictions.append(broken.format(*shown))
    return targets, predictions


def options(seed: int, classes: int | None) -> tuple[list[tuple], list[float]]:
    """Options of rank classification: (example, option, correct, weight, length), and log-likelihoods."""
    random = Random(seed)
    rows, values = [], []
    for example in range(2 + random.below(10)):
        count = classes if classes else 1 + random.below(4)
        right = example % count if example < 2 else random.below(count)
        weight = 1.0 + random.below(3)
        for option in range(count):
            rows.append((example, option, option == right, weight, 1 + random.below(6)))
            values.append(-random.below(64) / 8 - 0.125)
    return rows, values


def distributions(seed: int) -> tuple[list[int], list[list[float]]]:
    """Targets and class probabilities."""
    random = Random(seed)
    classes = 2 + random.below(3)
    targets, rows = [], []
    for _ in range(2 + random.below(30)):
        raw = [random() + 0.01 for _ in range(classes)]
        rows.append([value / sum(raw) for value in raw])
        targets.append(random.below(classes))
    return targets, rows


def english_words(seed: int) -> list[str]:
    """Twenty words made of stems and suffixes."""
    random = Random(seed)
    return ["".join([random.pick(STEMS), random.pick(SUFFIXES), random.pick(SUFFIXES)]) for _ in range(20)]


def sigma_text(seed: int) -> str:
    """Text about Σ, whose lower case depends on its neighbours."""
    random = Random(seed)
    return "".join(random.pick(["Σ", "Σ", "Α", "σ", ".", "'", "\u0301", " ", "1", "İ", "ʰ", "\u00ad"]) for _ in range(random.below(9)))

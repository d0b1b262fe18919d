"""Make the example files: textbook elements, and an element designed with a model.

``python -m gexp_core.training.design_examples`` writes every file of assets/examples from seeds
alone; run it again when the bundled retina model has new weights. No measured sequence is read.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path

import numpy as np

from gexp_core.encoding import BASES, reverse_complement
from gexp_core.inputs.examples import FOLDER
from gexp_core.training.textbook import (
    CRX,
    LENGTH,
    NRL,
    Entry,
    fasta,
    long_element,
    neutral,
    place,
    textbook_files,
)
from gexp_core.types import SequenceSet

Score = Callable[[Sequence[str]], np.ndarray]  # N sequences -> (N,) float32

#: What the designer may insert, either strand.
MOTIFS = (f"C{CRX}C", NRL, "AGATTAGC", "CTAATTAG", "AAAGTAGGTCA", "CAGATGG", "GGGGCGGGG", "CCAAT")
_CRX_LIKE = re.compile(r"(?=(TAAT[CT]|[AG]ATTA))")


def design(score: Score, ceiling: float, *, length: int = LENGTH, seed: int = 0) -> str:
    """Return DNA that ``score`` finds strong: greedy insertions, then greedy single changes.

    Each motif is used at most once, a CRX site first, and the prediction stays at or below
    ``ceiling``: far above what was measured a network's number means nothing.

    Parameters
    ----------
    score : N sequences of ``length`` letters -> (N,) predictions; more is stronger
    ceiling : the largest prediction that is accepted
    length : bases
    seed : of the neutral background that is started from
    """
    best = neutral(length, seed)
    value = float(score([best])[0])
    taken = np.zeros(length, bool)
    left = list(MOTIFS)
    for turn in range(4):
        options = [
            (motif, at, letters)
            for motif in (left if turn else left[:1])
            for letters in (motif, reverse_complement(motif))
            for at in range(0, length - len(letters) + 1, 4)
            if not taken[at : at + len(letters)].any()
        ]
        texts = [place(best, (at, letters)) for _, at, letters in options]
        chosen, value = _best(score(texts), value if turn else -np.inf, ceiling)
        if chosen is None:
            break
        motif, at, letters = options[chosen]
        best = texts[chosen]
        left.remove(motif)
        taken[at : at + len(letters)] = True
    for _ in range(12):
        texts = [place(best, (i, b)) for i in range(length) for b in BASES if b != best[i]]
        chosen, value = _best(score(texts), value, ceiling)
        if chosen is None:
            break
        best = texts[chosen]
    return best


def _best(values: np.ndarray, value: float, ceiling: float) -> tuple[int | None, float]:
    """Return the place and value of the largest above ``value`` and within ``ceiling``."""
    within = np.where(values <= ceiling, values, -np.inf)
    top = int(within.argmax())
    return (top, float(within[top])) if within[top] > value else (None, value)


def break_site(score: Score, sequence: str) -> tuple[str, str]:
    """Return ``sequence`` with its most important CRX-like site broken, and a sentence on it.

    Importance is the summed drop over the site's bases, each averaged over its three changes (the
    same numbers as the mutagenesis map). Without a CRX-like site, any five bases may be chosen.
    The two changes that lower the prediction most and leave no CRX-like word there are made.
    """
    mutants = [place(sequence, (at, base)) for at in range(len(sequence)) for base in BASES]
    effect = (score(mutants) - score([sequence])[0]).reshape(len(sequence), 4)
    drop = -effect.sum(1) / 3  # the reference base adds 0
    places = [match.start() for match in _CRX_LIKE.finditer(sequence)]
    at = max(places or range(len(sequence) - 4), key=lambda i: float(drop[i : i + 5].sum()))
    # On the strand where the site reads TAATCC it has one more base, after or before the five.
    site = range(at, min(at + 6, len(sequence)))
    if sequence[at : at + 5].endswith("ATTA"):
        site = range(max(at - 1, 0), at + 5)
    pairs = [
        place(sequence, (i, a), (j, b))
        for i, j in combinations(site, 2)
        for a, b in product(BASES, BASES)
        if a != sequence[i] and b != sequence[j]
    ]
    around = slice(max(site.start - 4, 0), site.stop + 4)
    clean = [text for text in pairs if not _CRX_LIKE.search(text[around])]
    broken = (options := clean or pairs)[int(score(options).argmin())]
    part = slice(site.start, site.stop)
    return broken, (
        f"as designed_strong with {sequence[part]} changed to {broken[part]} at "
        f"{site.start + 1}-{site.stop} (1-based)"
    )


def designed(score: Score, model: str, ceiling: float) -> list[Entry]:
    """Return a designed element, its broken twin and its dinucleotide shuffle.

    Of four designs from different backgrounds the one is kept whose twin falls furthest: the
    example is there to show what one motif can do.
    """
    from gexp_core.explain.baselines import dinucleotide_shuffles

    made = [design(score, ceiling, seed=seed) for seed in range(4)]
    twins = [break_site(score, strong) for strong in made]
    drops = score(made) - score([twin for twin, _ in twins])
    strong, (broken, about) = made[int(drops.argmax())], twins[int(drops.argmax())]
    shuffled = dinucleotide_shuffles(strong, 1, seed=0)[0]
    return [
        ("designed_strong", f"designed with {model} from neutral DNA", strong),
        ("designed_broken", about, broken),
        ("designed_shuffled", "the dinucleotides of designed_strong in random order", shuffled),
    ]


def model_score(name: str) -> tuple[Score, float]:
    """Return a function that reads sequences with model ``name``, and a ceiling for designs.

    The function reads the first track as the app does. The ceiling is the 99th percentile of
    the measured test sequences where the card has it, else infinity.
    """
    from gexp_core.models import registry
    from gexp_core.predict import predict

    model = registry.load(name)
    known = model.card.percentiles.get(model.card.tracks[0].name)

    def score(texts: Sequence[str]) -> np.ndarray:
        given = SequenceSet(tuple(str(i) for i in range(len(texts))), tuple(texts))
        return predict(model, given).means()[:, 0]

    return score, known[99] if known else np.inf


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the example files and say what the model reads in the designed ones."""
    parser = argparse.ArgumentParser(description="Make the example files from seeds.")
    parser.add_argument("--model", default="retina-cnn", help="model to design with")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write")
    parser.add_argument("--textbook", action="store_true", help="only the files without a model")
    settings = parser.parse_args(arguments)
    files = textbook_files()
    if not settings.textbook:
        score, ceiling = model_score(settings.model)
        entries = designed(score, settings.model, ceiling)
        files["designed.fa"] = fasta(entries)
        files["long.fa"] = fasta(long_element(entries[0][2]))
        for (name, about, _), value in zip(entries, score([e[2] for e in entries]), strict=True):
            sys.stdout.write(f"{name}\t{value:.3f}\t{about}\n")
    settings.out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (settings.out / name).write_text(text, encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()

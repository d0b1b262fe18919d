"""Textbook elements in neutral DNA: the example files that need no model, made from seeds alone.

References
----------
Core promoter elements and their places: Haberle & Stark, Nat Rev Mol Cell Biol 19:621 (2018).
CRX: Chen et al., Neuron 19:1017 (1997). NRL: Rehemtulla et al., PNAS 93:191 (1996).
Reb1, Abf1, Rap1 and poly(dA): Sharon et al., Nat Biotechnol 30:521 (2012).
"""

from collections.abc import Iterable

import numpy as np

from gexp_core.encoding import BASES, reverse_complement

Entry = tuple[str, str, str]  # name, description, sequence

LENGTH = 164  # bases that vary in the retina assay
CRX, NRL = "TAATCC", "TGCTGACTCAGCA"
#: Words the neutral background has on neither strand: the elements below and close relatives.
AVOIDED = (
    "TAAT",
    "TGCTGA",
    "TCAGC",
    "TATAA",
    "CCAAT",
    "GGCGG",
    "CACCC",
    "CACGTG",
    "AAAAA",
    "CCCCC",
)


#: Cores of the sites of Reb1, Abf1 and Rap1 that a neutral yeast background has not, either.
AVOIDED_IN_YEAST = ("TTACCC", "ATCAC", "ATCAT", "GTCAC", "GTCAT", "ACACCC", "ACCCA", "ACCCG")


def neutral(length: int, seed: int, avoided: tuple[str, ...] = AVOIDED) -> str:
    """Return random DNA, half G and C on average, without any word of ``avoided`` on a strand."""
    generator = np.random.default_rng(seed)
    words = {word for one in avoided for word in (one, reverse_complement(one))}
    text = ""
    while len(text) < length:
        allowed = [b for b in BASES if not any((text + b).endswith(word) for word in words)]
        text += allowed[int(generator.integers(len(allowed)))]
    return text


def place(background: str, *parts: tuple[int, str]) -> str:
    """Return ``background`` with each (0-based start, letters) written over it."""
    for start, letters in parts:
        background = background[:start] + letters + background[start + len(letters) :]
    return background


def photoreceptor() -> list[Entry]:
    """Return CRX and NRL sites alone, repeated, combined and broken, in one background."""
    quiet = neutral(LENGTH, 11)
    crx = ((61, CRX),)
    three = ((29, CRX), (61, CRX), (110, CRX))
    both = ((61, CRX), (85, NRL))
    return [
        ("background", "neutral DNA without either site", quiet),
        ("crx", f"{CRX} at 62-67 (1-based)", place(quiet, *crx)),
        ("crx_3", f"{CRX} at 30-35, 62-67 and 111-116", place(quiet, *three)),
        ("nrl", f"{NRL} at 86-98", place(quiet, (85, NRL))),
        ("crx_nrl", f"{CRX} at 62-67 and {NRL} at 86-98", place(quiet, *both)),
        (
            "crx_nrl_broken",
            "as crx_nrl with TAATCC changed to TACTAC at 62-67",
            place(quiet, (61, "TACTAC"), (85, NRL)),
        ),
        ("crx_nrl_reverse", "crx_nrl, other strand", reverse_complement(place(quiet, *both))),
    ]


def promoter() -> list[Entry]:
    """Return core promoter elements at their distances from a transcription start at 111."""
    quiet = neutral(LENGTH, 23)
    start = 110  # 0-based place of +1, the A of the initiator
    parts = {
        "caat_box": ("CCAAT box", start - 80, "GGCCAATCT"),
        "gc_box": ("GC box", start - 55, "GGGGCGGGGC"),
        "tata_box": ("TATA box", start - 31, "TATAAAAG"),
        "initiator": ("initiator", start - 2, "TCAGTCT"),
        "dpe": ("downstream promoter element", start + 27, "AGACG"),
    }
    entries = [("background", "neutral DNA without any element", quiet)]
    for name, (title, at, letters) in parts.items():
        about = f"{title} {letters} at {at + 1}-{at + len(letters)} (1-based)"
        entries.append((name, about, place(quiet, (at, letters))))
    everything = place(quiet, *((at, letters) for _, at, letters in parts.values()))
    return [*entries, ("all_elements", "all five, transcription start at 111", everything)]


def yeast() -> list[Entry]:
    """Return sites of yeast's general factors, and a run of A, in one background of 80 bp."""
    # of seeds 0 to 99, the background whose prediction by yeast-promoter is the median
    quiet = neutral(80, 61, AVOIDED + AVOIDED_IN_YEAST)
    parts = {
        "reb1": ("Reb1", 12, "TTACCCGG"),
        "abf1": ("Abf1", 26, "ATCACTATAGACGA"),
        "rap1": ("Rap1", 44, "ACACCCATACATC"),
        "poly_a": ("16 A in a row", 60, "A" * 16),
    }
    entries = [("background", "neutral DNA without any element", quiet)]
    for name, (title, at, letters) in parts.items():
        about = f"{title} {letters} at {at + 1}-{at + len(letters)} (1-based)"
        entries.append((name, about, place(quiet, (at, letters))))
    broken = "reb1_broken", "as reb1 with TTACCCGG changed to TTAGACGG at 13-20 (1-based)"
    everything = place(quiet, *((at, letters) for _, at, letters in parts.values()))
    return [
        *entries,
        (*broken, place(quiet, (12, "TTAGACGG"))),
        ("all_sites", "all four of them", everything),
    ]


def long_element(strong: str) -> list[Entry]:
    """Return ``strong`` in the middle of neutral DNA, 600 bp in all, and that DNA without it."""
    quiet = neutral(600, 37)
    at = (len(quiet) - len(strong)) // 2
    about = f"600 bp of neutral DNA with designed_strong at {at + 1}-{at + len(strong)} (1-based)"
    return [
        ("element_600", about, place(quiet, (at, strong))),
        ("background_600", "the same 600 bp without it", quiet),
    ]


def quirks() -> str:
    """Return the text of a FASTA file in which most things are a little wrong."""
    masked = place(neutral(LENGTH, 41), (61, CRX))
    masked = masked[:40] + masked[40:120].lower() + masked[120:]
    rna = neutral(LENGTH, 42).replace("T", "U")
    codes = place(neutral(LENGTH, 43), (20, "RYN"), (61, "TAATYN"), (130, "WSKM"))
    gapped = place(neutral(LENGTH, 44), (61, CRX))
    gapped = f"{gapped[:50]}----{gapped[50:100]}...{gapped[100:]}*"
    flat = neutral(120, 45).lower()
    numbered = "".join(
        f"{at + 1:>9} {' '.join(flat[i : i + 10] for i in range(at, at + 60, 10))}\n"
        for at in range(0, 120, 60)
    )
    short = place(neutral(40, 46), (17, CRX))
    made = (
        ("soft_masked part of it in lower case", wrap(masked)),
        ("rna U where DNA has T", wrap(rna)),
        ("ambiguous with IUPAC codes and N", wrap(codes)),
        ("aligned with gaps, as cut from an alignment", wrap(gapped)),
        ("numbered copied from a GenBank page", numbered),
        ("short 40 bp: shorter than the window", wrap(short)),
        ("long 400 bp: longer than the window", wrap(neutral(400, 47))),
        ("short the second record of this name", wrap(neutral(90, 48))),
        ("", wrap(neutral(LENGTH, 49))),
        ("peptide not DNA: it is left out", "MEKLFPWQIVDERLSNAYHQGTELPKFIEW\n"),
    )
    body = "\n".join(f">{header}\n{text}" for header, text in made)
    return f"; an example of what the input check counts and says\n{body}"


def wrap(sequence: str, width: int = 60) -> str:
    """Return ``sequence`` in lines of ``width`` letters."""
    return "".join(f"{sequence[i : i + width]}\n" for i in range(0, len(sequence), width))


def fasta(entries: Iterable[Entry]) -> str:
    """Return FASTA text."""
    return "".join(f">{name} {about}\n{wrap(letters)}" for name, about, letters in entries)


def textbook_files() -> dict[str, str]:
    """Return file name -> text of every example that needs no model."""
    return {
        "photoreceptor.fa": fasta(photoreceptor()),
        "promoter.fa": fasta(promoter()),
        "yeast.fa": fasta(yeast()),
        "quirks.fa": quirks(),
    }

"""What retina models read in test sequences: ``python -m benchmarks.retina_motifs --data TABLE``.

Prints, as markdown for docs/motifs.md: the motifs with their sites here and in shuffled sequences,
their names and q, the motifs that dinucleotide shuffles of the same sequences have (false ones),
the known motifs at work and how many there are without truth, where the factors that photoreceptors
are known for come in the lists, what the model makes of their words on the bench, and what taking
the words out of the sequences costs. Scores are kept in the file ``--keep``, and read from it when
it is there and of the same weights and settings. How scores are made and motifs judged was chosen
on wild types of the train split (``--split train``).
"""

import argparse
import csv
import gzip
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
import torch

from benchmarks.at_work_table import tables
from gexp_core.errors import InputError
from gexp_core.explain.attribution import attribute
from gexp_core.explain.baselines import dinucleotide_shuffles
from gexp_core.explain.methods import ABOUT
from gexp_core.explain.settings import AttributionSettings
from gexp_core.models.base import Model
from gexp_core.models.registry import load
from gexp_core.motifs.bench import position_curve
from gexp_core.motifs.bench_sites import take_out
from gexp_core.motifs.bench_texts import shuffled_backgrounds
from gexp_core.motifs.database import for_card, motifs_of, title
from gexp_core.motifs.discovery import DiscoverySettings, discover
from gexp_core.motifs.evenly import evenly
from gexp_core.motifs.finding import SCORES, controls
from gexp_core.motifs.meme import Known
from gexp_core.motifs.naming import matches_of, name
from gexp_core.motifs.nouns import MotifSet
from gexp_core.motifs.taken_out import interval, mean
from gexp_core.types import Attribution, SequenceSet

#: factor -> (entries of JASPAR that show its motif, a word to write and to take out)
FACTORS = {
    "CRX/OTX (K50 homeodomain)": (("Crx", "OTX1", "OTX2"), "CTAATCCC", "TAATCC"),
    "NRL (bZIP/MAF)": (("NRL", "MAF", "Mafb", "MAFA", "MAFF"), "TGCTGACTCAGCA", "TGCTGAC"),
    "RORB (nuclear receptor)": (("RORB", "RORA", "RORC"), "AATTAGGTCA", "TGACCTA"),
    "MEF2D": (("MEF2D", "MEF2A", "MEF2B", "MEF2C"), "GCTAAAAATAGC", "CTAWWWWTAG"),
    "NEUROD1 (bHLH)": (("NEUROD1", "Neurod2", "Ascl2", "ATOH7"), "ACCATCTGTC", "CAKMTG"),
}

#: Ways to score that give every letter a score.
METHODS = tuple(key for key, one in ABOUT.items() if one.letters and one.signed)

#: Added to the seed of the shuffles that stand for sequences, so that none is a control.
_OTHER_SEED = 3_141_592


def read_wild_types(path: Path, split: str, most: int | None) -> SequenceSet:
    """Return the different wild-type sequences of a split; no measured value is read.

    Raises
    ------
    InputError
        The table has no such columns or rows.
    """
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open  # type: ignore[assignment]
    with opener(path, "rt", encoding="utf-8") as handle:
        table = csv.DictReader(handle, delimiter="\t")
        if not {"label", "split", "sequence"} <= set(table.fieldnames or ()):
            raise InputError(f"{path} has no columns 'label', 'split' and 'sequence'; give one")
        kept = {
            row["sequence"].upper(): row["label"]
            for row in table
            if row["split"] == split and row["label"].endswith("_WT")
        }
    texts = sorted(text for text in kept if not set(text) - set("ACGT"))
    if not texts:
        raise InputError(f"{path} has no wild types of the split {split!r}")
    texts = [texts[i] for i in evenly(len(texts), most or len(texts))]
    return SequenceSet(tuple(f"wt{i}" for i in range(len(texts))), tuple(texts))


def shuffles(sequences: SequenceSet) -> SequenceSet:
    """Return one dinucleotide shuffle of each sequence: none has a word by anything but chance."""
    texts = tuple(dinucleotide_shuffles(t, 1, seed=_OTHER_SEED)[0] for t in sequences.sequences)
    return SequenceSet(tuple(f"shuffled {n}" for n in sequences.names), texts)


def scored(
    model: Model, given: SequenceSet, settings: AttributionSettings, keep: Path | None, label: str
) -> Attribution:
    """Return the scores, from the file where they are kept."""
    path = keep and keep.with_name(f"{keep.stem}.{label}.npz")
    sign = f"{model.card.sha256} {given.digest} {settings!r}"
    if path and path.exists():
        with np.load(path, allow_pickle=False) as held:
            if str(held["sign"]) == sign:
                return _again(model, given, settings, held["attr"], held["hypothetical"])
    began = time.perf_counter()

    def tell(done: int, total: int) -> None:
        if done % max(1, total // 100) == 0:
            took = time.perf_counter() - began
            sys.stderr.write(f"\r{label}: {done / max(total, 1):.0%} after {took:.0f} s ")

    made = attribute(model, given, settings=settings, progress=tell)
    sys.stderr.write("\n")
    if path:
        stacks = {"attr": np.stack(made.attr), "hypothetical": np.stack(made.hypothetical)}
        np.savez_compressed(path, sign=np.array(sign), **stacks)
    return made


def _again(
    model: Model,
    given: SequenceSet,
    settings: AttributionSettings,
    attr: np.ndarray,
    hypothetical: np.ndarray,
) -> Attribution:
    """Return kept scores in the form of new ones, of which one sequence is made for the rest."""
    one = attribute(model, given.select(given.names[:1]), settings=replace(settings, n_baselines=1))
    nothing = np.zeros(len(given), np.float32)
    return replace(
        one,
        names=given.names,
        sequences=given.sequences,
        attr=tuple(attr),
        hypothetical=tuple(hypothetical),
        y=nothing,
        y_baseline=nothing,
        delta=attr.sum((1, 2)),
        provenance=replace(one.provenance, input_digest=given.digest),
    )


def listed(found: MotifSet) -> list[str]:
    """Return the rows of the table of motifs."""
    rows = []
    for motif in found.motifs:
        best = "; ".join(f"{m.name}, {m.q:.0e}" for m in motif.matches[:4]) or "nothing known"
        rows.append(
            f"| {motif.name} | {motif.consensus} | {len(motif.sites)} | {motif.expected:.1f} | "
            f"{motif.q:.0e} | {motif.contribution:+.2f} | {best} |"
        )
    return rows


def ranked(found: MotifSet, known: Sequence[Known]) -> list[str]:
    """Return one row per factor: its best motif, the place of its entry in the names, its q."""
    rows = []
    tables = matches_of([m.ppm for m in found.motifs], known) if found.motifs else []
    for factor, (entries, _, _) in FACTORS.items():
        best = min(
            (
                (match.q, at, rank, match.name)
                for at, table in enumerate(tables)
                for rank, match in enumerate(table, 1)
                if match.name in entries
            ),
            default=None,
        )
        if best is None or best[0] >= 0.1:
            rows.append(f"| {factor} | not found | | |")
        else:
            q, at, rank, entry = best
            rows.append(f"| {factor} | {found.motifs[at].name} | {entry}, {rank} | {q:.0e} |")
    return rows


def written_in(model: Model, sequences: SequenceSet, n: int) -> list[str]:
    """Return rows of the bench: each word in shuffled wild types, beside its letters scrambled."""
    backgrounds = shuffled_backgrounds(sequences, model.card, n)
    places = [40, 100, 140]
    rows = []
    for factor, (_, word, _) in FACTORS.items():
        curve = position_curve(model, word, backgrounds, places).curves[0]
        low, high = curve.band()
        below, above = curve.band(control=True)
        cells = [
            f"{mean:+.2f} ({low[k]:+.2f} to {high[k]:+.2f})"
            for k, mean in enumerate(curve.mean().tolist())
        ]
        beside = f"{below[-1]:+.2f} to {above[-1]:+.2f}"
        rows.append(f"| {factor}: {word} | {' | '.join(cells)} | {beside} |")
    return rows


def taken_out(model: Model, sequences: SequenceSet) -> list[str]:
    """Return rows of what scrambling each word's sites costs, beside stretches elsewhere."""
    rows = []
    for factor, (_, _, word) in FACTORS.items():
        try:
            made = take_out(model, sequences, word)
        except InputError:
            rows.append(f"| {factor}: {word} | 0 | | |")
            continue
        cells = [
            f"{mean(values):+.2f} ({low:+.2f} to {high:+.2f})"
            for values in made.effects()["scrambled"]
            for low, high in [interval(values, made.of)]
        ]
        rows.append(f"| {factor}: {word} | {made.found} | {' | '.join(cells)} |")
    return rows


def say(*lines: str) -> None:
    """Write lines to standard output at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> None:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.retina_motifs", description=__doc__
    )
    options.add_argument("--data", type=Path, required=True, help="table: label, split, sequence")
    options.add_argument("--model", default="retina-cnn")
    options.add_argument("--split", default="test")
    options.add_argument("--method", choices=METHODS, default=SCORES.method)
    options.add_argument("--baselines", type=int, default=SCORES.n_baselines, help="shuffles each")
    options.add_argument("--chance", type=float, default=0.5, help="share of sites by chance")
    options.add_argument("--controls", type=int, default=200)
    options.add_argument("--sequences", type=int, help="so many, evenly; all by default")
    options.add_argument("--backgrounds", type=int, default=50, help="of the bench; 0: no bench")
    options.add_argument("--rounds", type=int, default=3, help="of known motifs without truth")
    options.add_argument("--keep", type=Path, help="stem of files that hold the scores")
    asked = options.parse_args()
    torch.set_num_threads(1)
    model = load(asked.model, device="cpu")
    database = for_card(model.card)
    known = motifs_of(database)
    given = read_wild_types(asked.data, asked.split, asked.sequences)
    settings = replace(SCORES, method=asked.method, n_baselines=asked.baselines)
    beside = controls(given, model.card, most=asked.controls)
    three = [
        scored(model, some, settings, asked.keep, label)
        for some, label in ((given, "given"), (beside, "controls"), (shuffles(given), "shuffled"))
    ]
    about = f" against {asked.baselines} shuffles" if settings.about.baseline else ""
    say(
        f"{len(given)} wild types of the {asked.split} split, `{asked.model}` "
        f"(weights `{model.card.sha256[:8]}…`), {settings.about.title}{about}, "
        f"both strands, {len(beside)} controls; names by {title(database)}."
    )
    how = DiscoverySettings(chance=asked.chance)
    found = name(
        discover(three[0], control=three[1], settings=how), known, database=title(database)
    )
    false = discover(three[2], control=three[1], settings=how)
    tried, untrue = (sum(c.patterns for c in some.calling) for some in (found, false))
    say(
        f"\n{tried} patterns, {len(found.motifs)} of them motifs: more sites than in shuffled "
        f"sequences. In the same sequences shuffled: {untrue} patterns, **{len(false.motifs)} "
        f"false motifs**"
        + (f" ({', '.join(m.consensus for m in false.motifs)})." if false.motifs else "."),
        *found.notes,
        "\n| motif | consensus | sites | by chance | q | contribution | best matches, q |",
        "|---|---|---:|---:|---:|---:|---|",
        *listed(found),
        "\n| factor | motif | entry, its place among the names | q |",
        "|---|---|---|---:|",
        *ranked(found, known),
    )
    factors = {factor: entries for factor, (entries, _, _) in FACTORS.items()}
    say("\n### Known motifs at work\n", *tables(three[0], three[1], known, factors, asked.rounds))
    if asked.backgrounds:
        _bench(model, given, asked.backgrounds)


def _bench(model: Model, given: SequenceSet, backgrounds: int) -> None:
    """Print what the model makes of the words themselves."""
    say(
        f"\n### Words written into {backgrounds} shuffled wild types, {model.card.units}\n",
        "| word | at 41 | at 101 | at 141 | scrambled, at 141 |",
        "|---|---:|---:|---:|---:|",
        *written_in(model, given, backgrounds),
        "\n### Words scrambled where they stand\n",
        "| word | sites | effect | the same elsewhere |",
        "|---|---:|---:|---:|",
        *taken_out(model, given),
    )


if __name__ == "__main__":
    main()

"""The table of models, made from their cards: for a terminal, a program and the README."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gexp_core.models.card import Metric, ModelCard

COLUMNS = ("name", "species", "assay", "input", "tracks", "held-out r", "licence")


def as_json(cards: Sequence[ModelCard]) -> str:
    """Return JSON records, one per model."""
    return json.dumps([_record(card) for card in cards], indent=1, ensure_ascii=False) + "\n"


def _record(card: ModelCard) -> dict[str, Any]:
    found = card.find("pearson")
    return {
        "name": card.name,
        "title": card.title,
        "species": card.species,
        "assay": card.assay,
        "meaning": card.meaning,
        "units": card.units,
        "zero": card.zero,
        "input_length": card.input_length,
        "insert": list(card.insert),
        "both_strands": card.both_strands,
        "bins": card.bins,
        "bin_size": card.bin_size,
        "tracks": [track.name for track in card.tracks],
        "signals": [track.name for track in card.signals],
        "held_out_r": None if found is None else found.value,
        "held_out": [asdict(row) for row in card.held_out],
        "family": card.family,
        "members": card.members,
        "n_parameters": card.n_parameters,
        "sha256": card.sha256,
        "licence": card.licence,
        "citation": card.citation,
        "limits": list(card.limits),
    }


def held_out_r(card: ModelCard) -> str:
    """Return Pearson r on held-out rows with its interval and n, or ``not reported``.

    Of a model of many tracks the mean over those of each assay.
    """
    shown = card.headlines()
    if not shown:
        return "not reported"
    if len(shown) > 1:
        means = ", ".join(f"{_assay(row)} {row.value:.2f}" for row in shown)
        return f"{means} (n {shown[0].n:,} bins)"
    (found,) = shown
    if found.low is None or found.high is None:
        return f"{found.value:.2f} (n {found.n:,})"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}; n {found.n:,})"


def _assay(row: Metric) -> str:
    """Return the assay of a mean over tracks, as 'CAGE' of 'CAGE, mean of 24 tracks'."""
    return row.track.partition(",")[0]


def ridge_r(card: ModelCard) -> str:
    """Return r of the linear predictor on the same rows, or ``not reported``."""
    shown = card.headlines(predictor=card.ridge) if card.ridge else ()
    if len(shown) > 1:
        return ", ".join(f"{_assay(row)} {row.value:.2f}" for row in shown)
    return f"{shown[0].value:.2f}" if shown else "not reported"


def _row(card: ModelCard) -> tuple[str, ...]:
    return (
        card.name,
        card.species,
        card.assay,
        f"{card.input_length:,} bp"
        + (f" + {len(card.signals)} measured tracks" if card.signals else ""),
        str(len(card.tracks)),
        held_out_r(card),
        card.licence,
    )


def as_text(cards: Sequence[ModelCard]) -> str:
    """Return an aligned table for a terminal, the assay (long) last."""
    if not cards:
        return "there are no models; train one, or name a folder of models with GEXP_MODELS\n"
    order = (0, 1, 3, 4, 5, 6, 2)
    rows = [COLUMNS, *(_row(card) for card in cards)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ("  ".join(row[column].ljust(widths[column]) for column in order) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_markdown(cards: Sequence[ModelCard]) -> str:
    """Return a Markdown table, with r of a ridge on the same rows beside the model's."""
    head = [*COLUMNS[:6], "ridge r", *COLUMNS[6:]]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for card in cards:
        row = _row(card)
        cells = [*row[:6], ridge_r(card), *row[6:]]
        cells = [text.replace("|", "\\|").replace("\n", " ") for text in cells]
        cells[0] = f"`{card.name}`"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"

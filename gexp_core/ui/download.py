"""Files a visitor takes away. Bytes are made when the button is clicked, not before.

Owns the buttons and the file names; the bytes are ``gexp_core.export``'s and ``figures``'s.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from gexp_core.export.archive import safe_name
from gexp_core.models.card import ModelCard
from gexp_core.types import Attribution, InputCheck, Mutagenesis, Prediction
from gexp_core.ui.fetchable import fetchable

_MIME = {
    "tsv": "text/tab-separated-values",
    "bedgraph": "text/plain",
    "bw": "application/octet-stream",
    "fa": "text/plain",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "npz": "application/octet-stream",
    "zip": "application/zip",
    "json": "application/json",
}


def stem(*parts: str) -> str:
    """Return a file name without its ending, safe on every system; a strand's sign is a word."""
    return "_".join(safe_name(part.replace("_", " "), "-") for part in parts) or "gexp"


def file(label: str, make: Callable[[], bytes], name: str, *, primary: bool = False) -> None:
    """Offer one file."""
    kind = _MIME.get(name.rsplit(".", 1)[-1], "application/octet-stream")
    st.download_button(
        label,
        fetchable(make, name, kind),
        name,
        kind,
        key=f"file_{name}",
        on_click="ignore",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        help=f"Saves {name}",
    )


def row(files: dict[str, tuple[str, Callable[[], bytes]]]) -> None:
    """Offer several files side by side: label -> (name, maker of bytes)."""
    with st.container(horizontal=True):
        for label, (name, make) in files.items():
            file(label, make, name)


def table(frame: pd.DataFrame | Callable[[], pd.DataFrame]) -> Callable[[], bytes]:
    """Return the maker of a table's TSV."""

    def make() -> bytes:
        from gexp_core.export.text import tsv

        return tsv(frame() if callable(frame) else frame)

    return make


def drawing(draw: str, *args: Any, kind: str, **options: Any) -> Callable[[], bytes]:
    """Return the maker of a figure's bytes, ``kind`` being 'svg', 'pdf' or 'png'.

    ``draw`` names a function of ``figures.static``, which loads matplotlib only when it is needed.
    """

    def make() -> bytes:
        from gexp_core.figures import static

        return static.render(getattr(static, draw)(*args, **options), kind)

    return make


def figure(name: str, draw: str, *args: Any, **options: Any) -> dict[str, Any]:
    """Return the three forms of a figure, for :func:`row`."""
    return {
        kind.upper(): (f"{name}.{kind}", drawing(draw, *args, kind=kind, **options))
        for kind in ("svg", "pdf", "png")
    }


def check(read: InputCheck) -> None:
    """Offer what was read: the tidied sequences and the input check."""

    def sequences() -> bytes:
        from gexp_core.export.text import fasta

        return fasta(read.sequences)

    def report() -> pd.DataFrame:
        from gexp_core.export.tables import input_table

        return input_table(read)

    row(
        {
            "Sequences as read": ("sequences.fa", sequences),
            "Input check": ("input_check.tsv", table(report)),
        }
    )


def prediction(made: Prediction, card: ModelCard, track: str) -> None:
    """Offer the predictions: per sequence, per window, and as a figure of the chosen track."""
    from gexp_core.export.tables import prediction_table, summary_table

    name = stem("predictions", *([track] if len(made.tracks) > 1 else []))
    at = made.tracks.index(track)
    row(
        {
            "Table, per sequence": ("summary.tsv", table(lambda: summary_table(made, card))),
            "Table, per window": ("predictions.tsv", table(lambda: prediction_table(made, card))),
            "Provenance": ("predictions.json", _provenance(made)),
            **figure(name, "prediction_figure", made, card, track=at),
        }
    )


def _explained(card: ModelCard, made: Attribution | Mutagenesis) -> tuple[str, ...]:
    """Return what the name of a file says: of which track, and where not both strands were read.

    The one track of a model adds nothing.
    """
    of = (card.explained(made.target),) if len(card.tracks) > 1 else ()
    return of if made.provenance.settings.get("both_strands", True) else (*of, "given strand")


def _about(card: ModelCard, made: Attribution | Mutagenesis) -> str:
    """Return in words what per-base values are of: model, weights, track and strands."""
    both = made.provenance.settings.get("both_strands", True)
    return (
        f"{card.name}, weights {made.provenance.weights_sha256}, {card.explained(made.target)}, "
        f"{'both strands' if both else 'the given strand'} read"
    )


def _provenance(made: Prediction | Attribution | Mutagenesis) -> Callable[[], bytes]:
    return lambda: made.provenance.to_json().encode()


def attribution(made: Attribution, i: int, card: ModelCard) -> None:
    """Offer one attribution: table, track, arrays, figure."""

    def track() -> bytes:
        from gexp_core.export.text import bedgraphs

        values = (made.names[i], made.per_base(i), 0)
        return bedgraphs([values], title=made.names[i], about=_about(card, made))

    def arrays() -> bytes:
        from gexp_core.export.arrays import attribution_npz

        return attribution_npz(made)

    def scores() -> pd.DataFrame:
        from gexp_core.export.tables import attribution_table

        return attribution_table(made, i)

    name = stem("attribution", made.names[i], *_explained(card, made))
    row(
        {
            "Table": (f"{name}.tsv", table(scores)),
            "bedGraph": (f"{name}.bedgraph", track),
            "Arrays (npz)": (f"{name}.npz", arrays),
            "Provenance": (f"{name}.json", _provenance(made)),
            **figure(name, "attribution_figure", made, i, card),
        }
    )


def mutagenesis(made: Mutagenesis, i: int, card: ModelCard) -> None:
    """Offer one mutagenesis: table, track of importance, figure."""

    def track() -> bytes:
        from gexp_core.export.text import bedgraphs
        from gexp_core.figures.scores import importance

        values = (made.names[i], importance(made, i), made.window[i][0])
        return bedgraphs([values], title=made.names[i], about=_about(card, made))

    def effects() -> pd.DataFrame:
        from gexp_core.export.tables import mutagenesis_table

        return mutagenesis_table(made, card)

    name = stem("mutagenesis", made.names[i], *_explained(card, made))
    row(
        {
            "Table": (f"{name}.tsv", table(effects)),
            "bedGraph": (f"{name}.bedgraph", track),
            "Provenance": (f"{name}.json", _provenance(made)),
            **figure(name, "mutagenesis_figure", made, i, card),
        }
    )

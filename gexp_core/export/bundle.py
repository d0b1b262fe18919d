"""Everything about one input in one zip: tables, arrays, figures, and what made them.

Owns which files there are and what they are called; ``readme`` explains them. The same results give
the same bytes with the same versions of the libraries that draw and compress.
"""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib import metadata
from typing import TYPE_CHECKING, Any

from gexp_core import __version__
from gexp_core.errors import InputError
from gexp_core.explain.methods import ABOUT
from gexp_core.export.archive import bundle, safe_names
from gexp_core.export.arrays import attribution_npz
from gexp_core.export.readme import readme
from gexp_core.export.tables import (
    attributions_table,
    input_table,
    mutagenesis_table,
    prediction_table,
    summary_table,
)
from gexp_core.export.text import bedgraphs, fasta, tsv
from gexp_core.models.card import ModelCard
from gexp_core.types import (
    Attribution,
    InputCheck,
    Mutagenesis,
    Prediction,
    Progress,
    Provenance,
    SequenceSet,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["bundle", "provenance_json", "results_bundle", "results_files", "safe_names"]

FORMS = ("svg", "pdf", "png")
PICTURED = 3
_PACKAGES = ("numpy", "torch", "captum", "safetensors", "pandas", "matplotlib")


def results_bundle(
    check: InputCheck | SequenceSet,
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
    card: ModelCard,
    *,
    track: str | None = None,
    pictured: int = PICTURED,
    progress: Progress | None = None,
) -> bytes:
    """Return all results about one input as a zip; see :func:`results_files`."""
    return bundle(
        results_files(
            check,
            prediction,
            attribution,
            mutagenesis,
            card,
            track=track,
            pictured=pictured,
            progress=progress,
        )
    )


def results_files(
    check: InputCheck | SequenceSet,
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
    card: ModelCard,
    *,
    track: str | None = None,
    pictured: int = PICTURED,
    progress: Progress | None = None,
) -> dict[str, bytes]:
    """Return the files about one input, path -> bytes.

    Parameters
    ----------
    check : InputCheck or SequenceSet
        What was read.
    prediction : Prediction
        Of all its sequences.
    attribution, mutagenesis : optional
        Of all its sequences or of some of them.
    card : ModelCard
    track : str, optional
        Whose predictions are drawn; by default the explained one, and where nothing is explained
        the first.
    pictured : int
        How many of the explained sequences are drawn, from the first.
    progress : callable, optional
        Called with (figures drawn, figures in all).

    Raises
    ------
    InputError
        A result is not about these sequences.
    ModelError
        The model has no such track.
    """
    if isinstance(check, SequenceSet):
        check = InputCheck(check)
    _belong(check.sequences, prediction, attribution, mutagenesis)
    files = {
        "input.fa": fasta(check.sequences),
        "input_check.tsv": tsv(input_table(check)),
        "predictions.tsv": tsv(prediction_table(prediction, card)),
        "summary.tsv": tsv(summary_table(prediction, card)),
        "model_card.json": card.to_json().encode(),
        "provenance.json": provenance_json(prediction, attribution, mutagenesis),
    }
    if attribution:
        scores = [attribution.per_base(i) for i in range(len(attribution.names))]
        items = [(name, score, 0) for name, score in zip(attribution.names, scores, strict=True)]
        how = ABOUT[attribution.method]
        compared = f", baseline {attribution.baseline}" if how.baseline else ""
        about = f"{attribution.method}{compared}, {how.in_units(attribution.units)}"
        title = f"{card.name} contributions"
        files["attributions.tsv"] = tsv(attributions_table(attribution))
        files["attributions.npz"] = attribution_npz(attribution)
        files["attributions.bedgraph"] = bedgraphs(items, title=title, about=about)
    if mutagenesis:
        files["mutagenesis.tsv"] = tsv(mutagenesis_table(mutagenesis, card))
    from gexp_core.figures.static import render  # loads matplotlib, which only figures need

    plan, left_out = _plan(check.sequences, prediction, attribution, mutagenesis, pictured)
    explained = attribution or mutagenesis
    drawn = explained.target.track if explained else 0
    if track is not None:
        drawn = card.track_index(track)
    results = prediction, attribution, mutagenesis
    for done, (stem, figure) in enumerate(_drawn(plan, *results, card, drawn)):
        for form in FORMS:
            files[f"figures/{stem}.{form}"] = render(figure, form)
        if progress:
            progress(done + 1, len(plan))
    method = attribution.method if attribution else None
    text = readme(
        card,
        sorted(files),
        pictured=pictured,
        track=prediction.tracks[drawn],
        left_out=left_out,
        method=method,
    )
    files["README.txt"] = text.encode("utf-8", "replace")
    return files


def provenance_json(*results: Prediction | Attribution | Mutagenesis | None) -> bytes:
    """Return what made the results as deterministic JSON, without a time stamp.

    The first result gives the input digest, model and weights; each gives its settings and seed.
    """
    made = [result for result in results if result is not None]
    first = made[0].provenance

    def part(provenance: Provenance) -> dict[str, Any]:
        whole = asdict(provenance)
        return whole | {"settings": dict(provenance.settings)}

    record = {
        "gexp": __version__,
        "input_digest": first.input_digest,
        "model": first.model,
        "weights_sha256": first.weights_sha256,
        "results": {type(result).__name__.lower(): part(result.provenance) for result in made},
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }
    return (json.dumps(record, indent=2, sort_keys=True, default=str) + "\n").encode()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _belong(
    sequences: SequenceSet,
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
) -> None:
    """Raise InputError unless every result is about these sequences."""
    if prediction.names != sequences.names:
        raise InputError("the predictions are of other sequences; predict these again")
    letters = dict(zip(sequences.names, sequences.sequences, strict=True))
    for result in (attribution, mutagenesis):
        if result is None:
            continue
        for name, text in zip(result.names, result.sequences, strict=True):
            if letters.get(name) != text:
                kind = type(result).__name__.lower()
                raise InputError(f"the {kind} of {name!r} is of another sequence; make it again")


def _plan(
    sequences: SequenceSet,
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
    pictured: int,
) -> tuple[list[tuple[str, str, int]], list[str]]:
    """Return the figures to draw (stem, kind, number in its result), and names too long to draw."""
    from gexp_core.figures.static import DRAWN

    plan = [("predictions", "prediction", 0)]
    left_out: list[str] = []
    explained = dict.fromkeys(
        name for result in (attribution, mutagenesis) if result for name in result.names
    )
    chosen = list(explained or sequences.names)[:pictured]
    for n, (name, safe) in enumerate(zip(chosen, safe_names(chosen), strict=True), 1):
        at = sequences.index(name)
        stem = f"{n:02d}_{safe}"
        rows = prediction.rows(at)
        if rows.stop - rows.start > 1:
            plan.append((f"{stem}_profile", "profile", at))
        if attribution and name in attribution.names:
            i = attribution.names.index(name)
            if len(attribution.sequences[i]) <= DRAWN:
                plan.append((f"{stem}_attribution", "attribution", i))
            else:
                left_out.append(name)
        if mutagenesis and name in mutagenesis.names:
            i = mutagenesis.names.index(name)
            start, end = mutagenesis.window[i]
            if end - start <= DRAWN:
                plan.append((f"{stem}_mutagenesis", "mutagenesis", i))
            else:
                left_out.append(name)
    return plan, list(dict.fromkeys(left_out))


def _drawn(
    plan: list[tuple[str, str, int]],
    prediction: Prediction,
    attribution: Attribution | None,
    mutagenesis: Mutagenesis | None,
    card: ModelCard,
    track: int,
) -> Iterator[tuple[str, "Figure"]]:
    """Yield stem and figure of each entry of the plan, one at a time."""
    from gexp_core.figures import static

    for stem, kind, i in plan:
        if kind == "attribution" and attribution:
            yield stem, static.attribution_figure(attribution, i, card)
        elif kind == "mutagenesis" and mutagenesis:
            yield stem, static.mutagenesis_figure(mutagenesis, i, card)
        elif kind == "profile":
            yield stem, static.profile_figure(prediction, i, card, track=track)
        else:
            yield stem, static.prediction_figure(prediction, card, track=track)

"""The whole path without a browser: name a model, give sequences, take results and files.

Owns the order of the steps and the names-to-models step, so that a worker process, the command
line and a notebook call the same functions. Knows nothing of pages, terminals or disks. Importing
it is cheap: torch and the drawing libraries load when a function needs them.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gexp_core.errors import ModelError
from gexp_core.models import registry
from gexp_core.models.card import ModelCard
from gexp_core.types import (
    Attribution,
    InputCheck,
    Mutagenesis,
    Prediction,
    Progress,
    SequenceSet,
    Target,
)

if TYPE_CHECKING:
    from gexp_core.explain import AttributionSettings
    from gexp_core.models.base import Model


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Choose how one whole run is made.

    Attributes
    ----------
    track : the track that is explained, by name; None is the card's first
    minus : another track whose number is taken off, by name
    method, baseline, n_baselines : of the attribution, see ``explain.AttributionSettings``
    seed : of the shuffled baselines, the only random choice in a run
    stride : bases between windows of a sequence longer than the model's; None is half a window
    both_strands : average the reading of the sequence and of its reverse complement
    batch_size : windows per forward pass
    finer : further options of ``explain.AttributionSettings``, as (name, value)
    rows : of a model of many bins, those whose mean is explained, 0-based half-open; None is all
    part : the bases of every sequence that are changed, 0-based half-open; None is all
    """

    track: str | None = None
    method: str = "integrated-gradients"
    baseline: str = "shuffle"
    n_baselines: int = 10
    seed: int = 0
    stride: int | None = None
    both_strands: bool = True
    batch_size: int = 64
    finer: tuple[tuple[str, Any], ...] = ()
    rows: tuple[int, int] | None = None
    part: tuple[int, int] | None = None
    minus: str | None = None

    def attribution(self) -> "AttributionSettings":
        """Return the part of the settings that ``explain.attribute`` takes."""
        from gexp_core.explain import AttributionSettings

        options: dict[str, Any] = {"baseline": self.baseline, "n_baselines": self.n_baselines}
        options |= {"both_strands": self.both_strands, "stride": self.stride, **dict(self.finer)}
        return AttributionSettings(self.method, **options)


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Hold everything one run made, with what it was made from."""

    check: InputCheck
    card: ModelCard
    settings: RunSettings
    prediction: Prediction
    attribution: Attribution
    mutagenesis: Mutagenesis


def load(model: str, *, device: str | None = None) -> "Model":
    """Return the loaded model called ``model``.

    Parameters
    ----------
    model : str
        One of ``registry.names()``.
    device : str, optional
        A torch device, say 'cpu' or 'cuda'; a GPU when there is one, else the CPU.

    Raises
    ------
    ModelError
        There is no such model, its weights are not those of its card, or no such device.
    """
    registry.card(model)  # a wrong name is told before torch is imported
    import torch

    if device is not None:
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            raise ModelError(
                f"the device {device!r} cannot be used on this machine; give 'cpu', or leave the "
                "device out to use a GPU where there is one"
            ) from error
    return registry.load(model, device=device)


def target_of(model: str, track: str | None = None, minus: str | None = None) -> Target:
    """Return the target that explains ``track`` of ``model``, see :meth:`ModelCard.target`."""
    return registry.card(model).target(track, minus)


def predict_named(
    model: str,
    sequences: SequenceSet,
    *,
    stride: int | None = None,
    both_strands: bool = True,
    batch_size: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> Prediction:
    """Predict with the model called ``model``; otherwise as ``predict.predict``."""
    from gexp_core.predict import predict

    return predict(
        load(model, device=device),
        sequences,
        stride=stride,
        both_strands=both_strands,
        batch_size=batch_size,
        progress=progress,
    )


def attribute_named(
    model: str,
    sequences: SequenceSet,
    *,
    settings: "AttributionSettings | None" = None,
    target: Target | None = None,
    seed: int = 0,
    batch_size: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> Attribution:
    """Explain with the model called ``model``; otherwise as ``explain.attribute``."""
    from gexp_core import explain

    return explain.attribute(
        load(model, device=device),
        sequences,
        settings=settings or explain.AttributionSettings(),
        target=target or Target(),
        seed=seed,
        batch_size=batch_size,
        progress=progress,
    )


def mutagenesis_named(
    model: str,
    sequences: SequenceSet,
    *,
    target: Target | None = None,
    window: tuple[int, int] | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    device: str | None = None,
    progress: Progress | None = None,
) -> Mutagenesis:
    """Mutate every base with the model called ``model``; otherwise as ``explain.mutagenesis``."""
    from gexp_core import explain

    return explain.mutagenesis(
        load(model, device=device),
        sequences,
        target=target or Target(),
        window=window,
        both_strands=both_strands,
        stride=stride,
        batch_size=batch_size,
        progress=progress,
    )


def run(
    model: str,
    sequences: SequenceSet | InputCheck,
    *,
    settings: RunSettings | None = None,
    device: str | None = None,
    progress: Progress | None = None,
) -> Results:
    """Predict, attribute and mutate every sequence.

    Parameters
    ----------
    model : str
        One of ``registry.names()``.
    sequences : SequenceSet or InputCheck
        With an InputCheck the results also say what was changed on the way in.
    settings : RunSettings, optional
    device : str, optional
        As in :func:`load`.
    progress : callable, optional
        Called with (permille done, 1000); the three steps weigh by expected cost.
    """
    check = sequences if isinstance(sequences, InputCheck) else InputCheck(sequences)
    chosen = settings or RunSettings()
    target = replace(target_of(model, chosen.track, chosen.minus), rows=chosen.rows)
    first, second = _edges(registry.card(model), check.sequences, chosen)
    prediction = predict_named(
        model,
        check.sequences,
        stride=chosen.stride,
        both_strands=chosen.both_strands,
        batch_size=chosen.batch_size,
        device=device,
        progress=_share(progress, 0, first),
    )
    attribution = attribute_named(
        model,
        check.sequences,
        settings=chosen.attribution(),
        target=target,
        seed=chosen.seed,
        batch_size=chosen.batch_size,
        device=device,
        progress=_share(progress, first, second),
    )
    mutagenesis = mutagenesis_named(
        model,
        check.sequences,
        target=target,
        window=chosen.part,
        both_strands=chosen.both_strands,
        stride=chosen.stride,
        batch_size=chosen.batch_size,
        device=device,
        progress=_share(progress, second, 1000),
    )
    return Results(check, registry.card(model), chosen, prediction, attribution, mutagenesis)


def _edges(card: ModelCard, sequences: SequenceSet, settings: RunSettings) -> tuple[int, int]:
    """Return where, of 1000, prediction ends and mutagenesis begins, by their expected cost."""
    from gexp_core.explain import evaluations

    options: dict[str, Any] = {"both_strands": settings.both_strands, "stride": settings.stride}
    options |= {"window": settings.part, "settings": settings.attribution(), "rows": settings.rows}
    first, second, third = (
        evaluations(card, sequences, work=work, **options)
        for work in ("predict", "attribute", "mutagenesis")
    )
    whole = first + second + third
    return 1000 * first // whole, 1000 * (first + second) // whole


def _share(progress: Progress | None, first: int, last: int) -> Progress | None:
    """Return a progress callable that fills ``first`` to ``last`` of 1000."""
    if progress is None:
        return None
    return lambda done, total: progress(first + (last - first) * done // max(total, 1), 1000)


def results_files(
    results: Results, *, pictured: int = 5, progress: Progress | None = None
) -> dict[str, bytes]:
    """Return every file of a run, and all of them again in ``results.zip``.

    Parameters
    ----------
    results : Results
    pictured : int
        How many sequences are drawn, from the first.
    progress : callable, optional
        Called with (figures drawn, figures in all).

    Returns
    -------
    dict
        Path -> bytes; the same results give the same bytes.
    """
    from gexp_core.export import bundle

    files = bundle.results_files(
        results.check,
        results.prediction,
        results.attribution,
        results.mutagenesis,
        results.card,
        pictured=pictured,
        progress=progress,
    )
    return {**files, "results.zip": bundle.bundle(files)}

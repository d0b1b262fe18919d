"""Which bases depend on each other: the effect of every change with and without another one.

Owns the interaction of one chosen change with every single-base change. The readings are
``explain.mutagenesis``'s, of the sequence and of its changed twin in one pass, both in the windows
of the sequence.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from gexp_core.edits.results import Epistasis
from gexp_core.errors import InputError
from gexp_core.explain.single_base import mutagenesis
from gexp_core.models.base import Model
from gexp_core.types import Progress, Provenance, SequenceSet, Target


def epistasis(
    model: Model,
    sequences: SequenceSet,
    changed: str,
    *,
    target: Target | None = None,
    both_strands: bool = True,
    stride: int | None = None,
    batch_size: int = 64,
    progress: Progress | None = None,
) -> Epistasis:
    """Read every double change of a sequence that has the chosen one in it.

    Parameters
    ----------
    model : Model
    sequences : SequenceSet
        One sequence.
    changed : str
        The same sequence with the chosen change, of the same length.
    target, both_strands, stride, batch_size, progress
        As in ``explain.mutagenesis``.

    Raises
    ------
    InputError
        There is not one sequence, the lengths differ, or nothing was changed.
    """
    if len(sequences) != 1:
        raise InputError(f"{len(sequences)} sequences were given; epistasis is asked of one")
    (name,), (text,) = sequences.names, sequences.sequences
    if len(changed) != len(text):
        raise InputError(
            f"the chosen change makes {len(text)} bases {len(changed)}; choose one that keeps the "
            "length, such as a substitution or a knock-out"
        )
    here, there = (np.frombuffer(letters.encode(), np.uint8) for letters in (text, changed))
    touched = here != there
    if not touched.any():
        raise InputError("the chosen change changes no base; choose another")
    target, both = target or Target(), ("without", "with")
    made = mutagenesis(
        model,
        SequenceSet(both, (text, changed)),
        framed_as=SequenceSet(both, (text, text)),
        target=target,
        both_strands=both_strands,
        stride=stride,
        batch_size=batch_size,
        progress=progress,
    )
    interaction = made.effect[1] - made.effect[0]
    interaction[:, touched] = np.nan
    settings: dict[str, Any] = {"work": "epistasis", "changed": changed, "target": asdict(target)}
    settings |= {"both_strands": model.card.reads_both(both_strands), "stride": stride}
    return Epistasis(
        name=name,
        sequence=text,
        changed=changed,
        interaction=interaction,
        y_ref=float(made.y_ref[0]),
        y_changed=float(made.y_ref[1]),
        target=target,
        units=model.card.units,
        provenance=Provenance(sequences.digest, model.card.name, model.card.sha256, settings),
    )


def epistasis_named(
    model: str, sequences: SequenceSet, changed: str, *, progress: Progress | None = None,
    **settings: object,
) -> Epistasis:  # fmt: skip
    """Ask the model called ``model``; otherwise as :func:`epistasis`."""
    from gexp_core.models import registry

    return epistasis(registry.load(model), sequences, changed, progress=progress, **settings)  # type: ignore[arg-type]

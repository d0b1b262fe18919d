"""The choices that a view of the bench depends on, as words of an address, and back.

Owns the parameters ``place``, ``bins`` and ``bases`` (where a model of many bins is asked),
``rows`` (the rows that are shown on request) and ``strands``, ``step``, ``method``, ``baseline``
and ``seed`` (how predictions and contributions are made). Only what differs from the default is
written. What an address says was written by anybody: what cannot be is left out.
"""

from collections.abc import Mapping

from gexp_core.explain import BASELINES, METHODS
from gexp_core.models.card import ModelCard
from gexp_core.ui import controls, focus, stepped, workspace
from gexp_core.ui.workbench import hits, reading

_ROWS = {"motifs": hits.SHOWN, "attention": reading.SHOWN}
_LONGEST = 12  # digits of a number in an address
_SEEDS = 2**31

#: Every parameter of this module.
NAMES = (*focus.NAMES, "rows", "strands", "step", "method", "baseline", "seed")


def told(card: ModelCard, text: str) -> dict[str, str]:
    """Return what of the present choices an address has to say, for the original letters."""
    method, baseline, seed = controls.scoring()
    said = focus.told(card, text)
    rows = [name for name, key in _ROWS.items() if workspace.setting(key, False)]
    said["rows"] = ",".join(rows)
    said["strands"] = "one" if card.both_strands and not controls.both_strands(card) else ""
    step = controls.stride(card)
    said["step"] = "" if step in (None, stepped.usual(card)) else str(step)
    said["method"] = "" if method == METHODS[0] else method
    # letters of one's own are not written into an address
    said["baseline"] = baseline if baseline in BASELINES[1:] else ""
    said["seed"] = str(seed) if seed else ""
    return {name: value for name, value in said.items() if value}


def take(card: ModelCard, given: Mapping[str, str], text: str) -> None:
    """Choose what an address says, for the original letters; call it before the widgets."""
    focus.take(given, text)
    for name in given.get("rows", "").split(","):
        if name in _ROWS:
            workspace.keep(_ROWS[name], True)
    if given.get("strands") == "one":
        workspace.keep("both_strands", False)
    for key, name, most in ((stepped.key(card), "step", len(text)), ("seed", "seed", _SEEDS - 1)):
        number = whole(given.get(name, ""))
        if number is not None and 1 <= number <= most:
            workspace.keep(key, number)
    if given.get("method") in METHODS:
        workspace.keep("method", given["method"])
    if given.get("baseline") in BASELINES:
        workspace.keep("baseline", given["baseline"])


def whole(text: str) -> int | None:
    """Return the whole number that a parameter holds, or None."""
    plain = text.isascii() and text.isdigit() and len(text) <= _LONGEST
    return int(text) if plain else None

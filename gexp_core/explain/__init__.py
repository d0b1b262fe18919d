"""Why a model said so: credit per base, and what every single-base change would do.

Settings are light; the functions load torch and captum on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gexp_core.explain.methods import ABOUT, Method
from gexp_core.explain.settings import BASELINES, METHODS, AttributionSettings
from gexp_core.explain.verdicts import Health

if TYPE_CHECKING:
    from gexp_core.explain.attribution import attribute
    from gexp_core.explain.cost import evaluations
    from gexp_core.explain.single_base import mutagenesis

__all__ = [
    "ABOUT",
    "BASELINES",
    "METHODS",
    "AttributionSettings",
    "Health",
    "Method",
    "attribute",
    "evaluations",
    "mutagenesis",
]

_LAZY = {
    "attribute": "attribution",
    "evaluations": "cost",
    "mutagenesis": "single_base",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

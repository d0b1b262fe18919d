"""Which models there are, and how one is loaded: card first, weights on demand.

Reads ``assets/models/<name>/card.json`` and, where ``GEXP_MODELS`` names a folder on the server,
the models trained into it. Loaded models are shared; nobody changes them.
"""

import functools
import hashlib
import importlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gexp_core.errors import ModelError
from gexp_core.models.card import ModelCard, read_card

if TYPE_CHECKING:
    from torch import nn

    from gexp_core.models.base import Model

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "models"

#: architecture name -> (module, network class, config class)
ARCHITECTURES = {
    "conv": ("gexp_core.models.conv", "ConvNetwork", "ConvConfig"),
    "attention": ("gexp_core.models.attention", "AttentionNetwork", "AttentionConfig"),
    "recurrent": ("gexp_core.models.recurrent", "RecurrentNetwork", "RecurrentConfig"),
    "baskerville": (
        "gexp_core.models.adapters.baskerville",
        "BaskervilleNetwork",
        "BaskervilleConfig",
    ),
    "signal-tracks": (
        "gexp_core.models.signal_tracks",
        "SignalTracksNetwork",
        "SignalTracksConfig",
    ),
}

#: architectures whose networks tell the attention maps they used, ``attended(X) -> (y, maps)``
ATTENTIVE = frozenset({"attention", "baskerville", "signal-tracks"})


def folders() -> dict[str, Path]:
    """Return model name -> folder, bundled models first, each folder holding a card."""
    roots = [BUNDLED]
    if own := os.environ.get("GEXP_MODELS"):
        roots.append(Path(own))
    found: dict[str, Path] = {}
    for root in roots:
        for path in sorted(root.glob("*/card.json")):
            found.setdefault(path.parent.name, path.parent)
    return found


def names() -> tuple[str, ...]:
    """Return the names of all models, in the order they are offered.

    A folder whose card cannot be used is left out, and the log says why; :func:`card` raises it.
    """
    return tuple(name for name, folder in folders().items() if _usable(folder))


def _usable(folder: Path) -> bool:
    try:
        _card(folder)
    except ModelError as error:
        _left_out(str(error))
        return False
    return True


@functools.cache
def _left_out(why: str) -> None:
    """Tell once what is wrong with a folder of models."""
    logging.getLogger("gexp").warning("a model is left out: %s", why)


#: Models made in this process, by their cards' names; :func:`names` does not list them.
_KEPT: "dict[str, Model]" = {}
_MOST_KEPT = 8


def keep(model: "Model") -> str:
    """Make a model that was made here (bound to a signal, say) known by its card's name.

    :func:`card` and :func:`load` find the last eight of them in this process, no other lists them.
    """
    _KEPT.pop(model.card.name, None)
    _KEPT[model.card.name] = model
    while len(_KEPT) > _MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)))
    return model.card.name


@functools.cache
def _card(folder: Path) -> ModelCard:
    found = read_card(folder / "card.json")
    if found.name != folder.name:  # everything that was computed is kept by the card's name
        raise ModelError(
            f"the folder {folder.name!r} holds the card of {found.name!r}; call the folder "
            f"{found.name!r} as well"
        )
    return found


def card(name: str) -> ModelCard:
    """Return the card of model ``name``.

    Raises
    ------
    ModelError
        There is no such model (the sentence names those there are), or its card cannot be read or
        is of another name than its folder.
    """
    if name in _KEPT:
        return _KEPT[name].card
    known = folders()
    if name not in known:
        raise ModelError(f"there is no model {name!r}; there are {', '.join(names()) or 'none'}")
    return _card(known[name])


def offered() -> tuple[str, ...]:
    """Return the names of the models that read sequence alone: what a page can let one choose."""
    return tuple(name for name in names() if not card(name).signals)


def cards() -> tuple[ModelCard, ...]:
    """Return the cards of all models."""
    return tuple(card(name) for name in names())


def attentive() -> tuple[str, ...]:
    """Return the names of the offered models that have attention, known by their cards."""
    return tuple(name for name in offered() if card(name).architecture in ATTENTIVE)


def need_attention(name: str) -> None:
    """Raise ModelError, naming the models that have attention, where model ``name`` has none."""
    if card(name).architecture not in ATTENTIVE:
        raise ModelError(no_attention(name))


def no_attention(name: str) -> str:
    """Return the sentence about a model without attention."""
    others = attentive()
    instead = f"choose one that has: {', '.join(others)}" if others else "no model here has"
    return f"{name} has no attention to look at; {instead}"


def build(architecture: str, config: dict[str, object]) -> "nn.Module":
    """Return a network of a known architecture with fresh parameters."""
    if architecture not in ARCHITECTURES:
        raise ModelError(f"architecture {architecture!r} is not one of {', '.join(ARCHITECTURES)}")
    module, network, settings = ARCHITECTURES[architecture]
    code = importlib.import_module(module)
    made: nn.Module = getattr(code, network)(getattr(code, settings)(**config))
    return made


@functools.cache
def _load(folder: Path, device: str) -> "Model":
    from safetensors.torch import load

    from gexp_core.models.base import Ensemble, Model

    info = _card(folder)
    try:
        raw = (folder / "weights.safetensors").read_bytes()
    except OSError as error:
        raise ModelError(f"weights of {info.name!r} cannot be read: {error}") from error
    digest = hashlib.sha256(raw).hexdigest()
    if digest != info.sha256:
        raise ModelError(
            f"weights of {info.name!r} have sha256 {digest[:12]}..., the card says "
            f"{info.sha256[:12]}...; restore the file that belongs to the card"
        )
    network = Ensemble([build(info.architecture, info.sizes(k)) for k in range(info.members)])
    network.load_state_dict(load(raw))
    network.eval().requires_grad_(False).to(device)
    return Model(info, network)


def usual_device() -> str:
    """Return the torch device that is taken where none is named: a GPU where there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def load(name: str, *, device: str | None = None) -> "Model":
    """Return a loaded model, shared between callers.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    device : str, optional
        A torch device; a GPU when there is one, else the CPU.

    Raises
    ------
    ModelError
        No such model, weights missing, or weights that are not those of the card.
    """
    import torch

    if name in _KEPT:
        return _KEPT[name]
    card(name)
    chosen = device or usual_device()
    if torch.device(chosen).type == "cuda":
        # else a GPU rounds what convolutions multiply to 10 bits: other numbers than the card's
        torch.backends.cudnn.allow_tf32 = False
    return _load(folders()[name], chosen)

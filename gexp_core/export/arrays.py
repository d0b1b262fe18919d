"""Results as numpy archives (.npz) that load without pickle and repeat byte for byte."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gexp_core.errors import InputError
from gexp_core.export.archive import bundle
from gexp_core.types import Attribution, Provenance


def npz(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Return named arrays as the bytes of an .npz file.

    ``numpy.savez`` stamps the time of day on each member; here dates are fixed. Numbers are
    little-endian on every machine.

    Raises
    ------
    InputError
        An array holds Python objects, which only pickle could store.
    """
    files = {}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise InputError(f"the array {name!r} holds Python objects and cannot be saved")
        plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        file = io.BytesIO()
        np.lib.format.write_array(file, plain, version=(1, 0), allow_pickle=False)
        files[f"{name}.npy"] = file.getvalue()
    return bundle(files)


def made_by(provenance: Provenance) -> NDArray[np.str_]:
    """Return (1,): what made a result (input, model, weights, settings, seed, version), as JSON."""
    return np.array([provenance.to_json()], dtype=np.str_)


def attribution_npz(attribution: Attribution) -> bytes:
    """Return an Attribution as .npz.

    Arrays: ``attr`` (N, 4, L) float32 when all sequences are of one length, else ``attr_0``,
    ``attr_1``... (4, L_i), one per sequence; ``delta``, ``y``, ``y_baseline`` (N,) float32;
    ``names`` (N,) unicode; ``provenance`` (1,) unicode, as of :func:`made_by`. Letters are in the
    order A C G T. ``hypothetical``, where it was asked for, as ``attr``.
    """
    lengths = {attr.shape[1] for attr in attribution.attr}
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, scores in (("attr", attribution.attr), ("hypothetical", attribution.hypothetical)):
        if scores and len(lengths) == 1:
            arrays[name] = np.stack(scores)
        else:
            arrays |= {f"{name}_{i}": one for i, one in enumerate(scores)}
    return npz(
        arrays
        | {
            "delta": attribution.delta,
            "y": attribution.y,
            "y_baseline": attribution.y_baseline,
            "names": np.array(attribution.names, dtype=np.str_),
            "provenance": made_by(attribution.provenance),
        }
    )

"""Long windows with their measured tracks, read into one shape that training and scoring use.

Owns the files of human_tracks: ``windows.npz``, ``windows.tsv``, ``targets.tsv``.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gexp_core.errors import InputError
from gexp_core.models.adapters.targets import Targets, read_targets
from gexp_core.types import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Hold N windows of one genome and what was measured on their middle.

    Attributes
    ----------
    codes : (N, L) uint8, 0-3 for A C G T and 4 for N
    y : (N, B, T) float32, the B bins on the middle of a window; squashed as ``targets`` says
    split : (N,) of 'train', 'valid', 'test'
    places : (N,) str, where the measured middle lies, 1-based inclusive
    targets : the tracks
    digest : sha256 of the file the windows came from
    """

    codes: NDArray[np.uint8]
    y: Floats
    split: NDArray[np.str_]
    places: NDArray[np.str_]
    targets: Targets
    digest: str

    def rows(self, split: str) -> Ints:
        """Return the numbers of the windows of one split."""
        return np.flatnonzero(self.split == split)

    @property
    def groups(self) -> dict[str, Ints]:
        """Return, for each assay, the numbers of its tracks."""
        assays = np.array([track.group for track in self.targets.tracks])
        return {name: np.flatnonzero(assays == name) for name in self.targets.groups}

    def of_tracks(self, numbers: Ints) -> "Windows":
        """Return the windows with some of their tracks; a strand pair is taken whole or left out.

        Raises
        ------
        InputError
            A track is chosen and its mate on the other strand is not.
        """
        place = {int(number): at for at, number in enumerate(numbers)}
        tracks = []
        for number in place:
            track = self.targets.tracks[number]
            mate = track.strand_pair
            if mate is not None and mate not in place:
                raise InputError(
                    f"track {track.name} is chosen without {self.targets.tracks[mate].name}, the "
                    "other strand of the same sample; choose both or neither"
                )
            tracks.append(replace(track, strand_pair=None if mate is None else place[mate]))
        squashed = tuple(self.targets.squashed[number] for number in place)
        targets = replace(self.targets, tracks=tuple(tracks), squashed=squashed)
        return replace(self, y=np.ascontiguousarray(self.y[..., list(place)]), targets=targets)


def human_tracks(folder: Path) -> Windows:
    """Read windows of hg38 with CAGE, DNase and RNA coverage (ENCODE, FANTOM5, Tabula Sapiens).

    Raises
    ------
    InputError
        A file is missing, or the files do not belong together.
    """
    paths = [folder / name for name in ("windows.npz", "windows.tsv", "targets.tsv")]
    for path in paths:
        if not path.is_file():
            raise InputError(
                f"{folder} holds no {path.name}; give the folder of the data set with --data"
            )
    digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
    with np.load(paths[0], allow_pickle=False) as held:
        codes, y = held["sequence"].astype(np.uint8), held["target"].astype(np.float32)
    table = pd.read_csv(paths[1], sep="\t")
    targets = read_targets(paths[2])
    if not len(table) == len(codes) == len(y) or y.shape[2] != len(targets.tracks):
        raise InputError(
            f"the files in {folder} do not belong together: {len(codes)} windows, {len(table)} "
            f"rows, {y.shape[2]} and {len(targets.tracks)} tracks"
        )
    places = (
        table["chrom"] + ":" + (table["start"] + 1).astype(str) + "-" + table["end"].astype(str)
    )
    return Windows(
        codes=codes,
        y=y,
        split=table["split"].to_numpy(str),
        places=places.to_numpy(str),
        targets=targets,
        digest=digest,
    )

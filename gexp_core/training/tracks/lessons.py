"""What a step of a student reads: a text and what its teacher says of it, or a measured window."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.motifs.database import motifs_of
from gexp_core.training.augment import one_hot
from gexp_core.training.tracks.losses import distance, poisson_multinomial
from gexp_core.training.tracks.settings import DistilSettings
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes, made, turned
from gexp_core.training.tracks.windows import Windows
from gexp_core.types import Floats

#: The database of known motifs whose sites varied texts have.
MOTIF_DATABASE = "jaspar-vertebrates"


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Give what each step learns from; its number, and whether varied, decide what it reads.

    ``scale``, ``root_scale`` and ``mean`` (T,) are of the teacher's values on the train windows;
    ``motifs`` are known ones, where a cycle has varied texts.
    """

    teacher: Teacher
    windows: Windows
    elements: Codes | None
    settings: DistilSettings
    device: str
    train: Codes
    pairs: Tensor
    scale: Tensor
    root_scale: Tensor
    mean: Tensor
    motifs: tuple[Floats, ...]

    def text(self, number: int, *, varied: bool = False) -> Codes:
        """Return the generated text of a number."""
        generator = np.random.default_rng([self.settings.seed, number])
        length = self.windows.codes.shape[1]
        motifs = self.motifs if varied else ()
        return made(self.train, self.elements, length, generator, motifs)

    def taught(self, network: nn.Module, text: Codes, said: Tensor, *, turn: bool) -> Tensor:
        """Return the distance to what the teacher said, of the text or of its other strand."""
        if turn:
            text, said = turned(text), said.flip(1)[..., self.pairs]
        return distance(network(hot(text, self.device)), said, self.scale, self.root_scale)

    def measured(self, network: nn.Module, step: int) -> Tensor:
        """Return the loss on a measured train window, shifted by a few bases, on either strand."""
        generator = np.random.default_rng([self.settings.seed, step // 2, step % 2])
        most = self.settings.most_shift
        row = int(generator.choice(self.windows.rows("train")))
        text = np.roll(self.windows.codes[row], int(generator.integers(-most, most + 1)))
        y = torch.from_numpy(self.windows.y[row])[None].to(self.device)
        if generator.random() < 0.5:
            text, y = turned(text), y.flip(1)[..., self.pairs]
        return poisson_multinomial(middle(network(hot(text, self.device)), y.shape[1]), y)


def lessons_of(
    teacher: Teacher,
    windows: Windows,
    elements: Codes | None,
    settings: DistilSettings,
    device: str,
) -> Lessons:
    """Let the teacher read the train windows, for what its values vary by."""
    train = windows.codes[windows.rows("train")]
    total = torch.zeros(3, len(windows.targets.tracks), dtype=torch.float64)
    count = 0
    for row in train:
        y = teacher(hot(row, device))[0].double().cpu()
        total += torch.stack([y.sum(0), y.square().sum(0), y.sqrt().sum(0)])
        count += len(y)
    mean, square, root = total / count
    return Lessons(
        teacher=teacher,
        windows=windows,
        elements=elements,
        settings=settings,
        device=device,
        train=train,
        pairs=torch.tensor(windows.targets.pairs),
        scale=(square - mean.square()).sqrt().float().to(device),
        root_scale=(mean - root.square()).sqrt().float().to(device),
        mean=mean.float().to(device),
        motifs=tuple(known.ppm for known in motifs_of(MOTIF_DATABASE))
        if any(cycle.varied for cycle in settings.cycles)
        else (),
    )


def hot(text: Codes, device: str) -> Tensor:
    """Return codes (L,) one-hot, (1, 4, L)."""
    return one_hot(torch.from_numpy(np.ascontiguousarray(text))[None]).to(device)


def middle(y: Tensor, bins: int) -> Tensor:
    """Return the bins (N, bins, T) on the middle of an uncut reading."""
    crop = (y.shape[1] - bins) // 2
    return y[:, crop : crop + bins]

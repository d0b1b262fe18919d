"""What a student learns from the inside of its teacher, beside what the teacher says.

The numbers that a teacher puts out tell little of how it came by them: which token reads which, and
what it knows of a place before it says a track. A student of the same shape is shown those too. Of
what it knows itself it need not know it in the teacher's terms: a linear map from its own channels
to the teacher's is learned beside it and thrown away when the training ends. No weight of the
teacher is copied.

References
----------
Romero et al., FitNets: hints for thin deep nets, ICLR 2015 (hidden values through a learned
regressor); Sun et al., MobileBERT, ACL 2020 (Kullback-Leibler divergence of attention maps).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gexp_core.errors import ModelError
from gexp_core.models.adapters.baskerville import BaskervilleConfig, BaskervilleNetwork
from gexp_core.training.tracks.lessons import hot
from gexp_core.training.tracks.teacher import Teacher
from gexp_core.training.tracks.texts import Codes

_SMALL = 1e-6
_LEAST_SPREAD = 1e-3  # of a channel of the teacher that hardly ever changes


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """Hold what a network knows of a text on its way to what it says.

    Attributes
    ----------
    known : tokens (N, D, Q), what the steps up are joined with (N, C, 2Q) ..., bins (N, D, all)
    maps : of each block, (N, H, Q, Q); a row sums to 1
    said : (N, all bins, T)
    """

    known: list[Tensor]
    maps: list[Tensor]
    said: Tensor


def inside(network: BaskervilleNetwork, X: Tensor) -> Inside:
    """Return what an uncut network knows of X (N, 4, L)."""
    tokens, beside = network.towered(X)
    bins, maps = network.joined(tokens, beside)
    return Inside([tokens, *beside, bins], maps, network.said(bins))


class Hints(nn.Module):
    """Read a teacher's hidden values off a student's by a linear regressor of each kind.

    The regressors begin at zero: at first the hidden values ask nothing of the student.

    Of the attention maps 1e-6 is added before their logarithm is taken, so no row is further from
    its teacher's than 13.8 nats.

    Raises
    ------
    ModelError
        The two are not of one shape: other tokens, blocks, heads or steps up.
    """

    def __init__(self, student: BaskervilleConfig, teacher: BaskervilleConfig) -> None:
        super().__init__()
        shapes = [
            (one.input_length, one.bases_per_token, one.layers, one.heads, one.rises)
            for one in (student, teacher)
        ]
        if shapes[0] != shapes[1]:
            raise ModelError(
                "a student learns from the inside of a teacher of the same input length, bases "
                f"per token, blocks, heads and steps up; these are {shapes[0]} and {shapes[1]}"
            )
        pairs = list(zip(_widths(student), _widths(teacher), strict=True))
        self.regressors = nn.ModuleList(nn.Conv1d(own, wanted, 1) for own, wanted in pairs)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)
        for kind, (_, wanted) in enumerate(pairs):
            self.register_buffer(f"mean{kind}", torch.zeros(wanted, 1))
            self.register_buffer(f"spread{kind}", torch.ones(wanted, 1))

    def scale(self, kind: int) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation (C, 1) of the teacher's channels of a kind."""
        return self.get_buffer(f"mean{kind}"), self.get_buffer(f"spread{kind}")

    @torch.no_grad()
    def measure(self, teacher: Teacher, texts: Codes, device: str) -> None:
        """Learn by what the teacher's channels vary from the texts (N, L)."""
        total: list[Tensor] = []
        for text in texts:
            known = (x[0].double() for x in inside(teacher.network, hot(text, device)).known)
            added = [torch.stack([x.mean(1), x.square().mean(1)]) for x in known]
            total = [a + b for a, b in zip(total, added, strict=True)] if total else added
        for kind, moments in enumerate(total):
            first, square = moments / len(texts)
            mean, spread = self.scale(kind)
            mean.copy_(first[:, None])
            deviation = (square - first.square()).clamp(min=0).sqrt()
            spread.copy_(deviation.clamp(min=_LEAST_SPREAD)[:, None])

    def forward(self, student: Inside, teacher: Inside) -> Tensor:
        """Return how far the inside of a student is from its teacher's, a scalar.

        The sum of two means: over the kinds of hidden values, of the squared error in variances of
        the teacher's channels; over the rows of all maps, of the Kullback-Leibler divergence of the
        teacher's row from the student's (teacher || student), in nats.
        """
        errors = []
        for kind, regressor in enumerate(self.regressors):
            mean, spread = self.scale(kind)
            wanted = (teacher.known[kind] - mean) / spread
            errors.append((regressor(student.known[kind]) - wanted).square().mean())
        apart = [
            (wanted * ((wanted + _SMALL).log() - (own + _SMALL).log())).sum(3).mean()
            for own, wanted in zip(student.maps, teacher.maps, strict=True)
        ]
        return torch.stack(errors).mean() + torch.stack(apart).mean()


def _widths(config: BaskervilleConfig) -> list[int]:
    """Return the channels of tokens, of what each step up is joined with, and of bins."""
    widths = config.widths
    return [widths[-1], *(widths[-1 - i] for i in range(config.rises)), widths[-1]]

"""What a network of tracks is trained to make small.

References
----------
Linder et al., Borzoi, Nat Genet 57:949 (2025), and github.com/calico/baskerville for the
Poisson-multinomial loss; Hinton et al., Distilling the knowledge in a neural network (2015).
"""

import torch
from torch import Tensor

_SMALL = 1e-6


def poisson_multinomial(predicted: Tensor, measured: Tensor, total_weight: float = 0.2) -> Tensor:
    """Return the loss of coverage: its total as Poisson, where it lies as multinomial.

    Parameters
    ----------
    predicted, measured : (N, B, T), at least 0
    total_weight : of the Poisson part

    Returns
    -------
    scalar tensor, the mean over windows, bins and tracks
    """
    bins = predicted.shape[1]
    y, m = predicted + _SMALL, measured + _SMALL
    total, wanted = y.sum(1), m.sum(1)  # (N, T)
    poisson = (total - wanted * total.log()) / bins
    share = y / total[:, None]
    multinomial = -(m * share.log()).sum(1) / bins
    return (multinomial + total_weight * poisson).mean()


def distance(predicted: Tensor, taught: Tensor, scale: Tensor, root_scale: Tensor) -> Tensor:
    """Return how far a student is from its teacher, in variances of the teacher's values.

    Parameters
    ----------
    predicted, taught : (N, B, T), at least 0
    scale, root_scale : (T,) standard deviations of the teacher's values and of their square roots

    Returns
    -------
    scalar tensor: half the squared error of the values and half that of their square roots, each
    over its variance, mean over windows, bins and tracks; tall peaks weigh in the first, the lower
    ones in the second
    """
    value = ((predicted - taught) / scale).square()
    root = (((predicted + _SMALL).sqrt() - (taught + _SMALL).sqrt()) / root_scale).square()
    return (value.mean() + root.mean()) / 2


def inverse_softplus(y: Tensor) -> Tensor:
    """Return x with softplus(x) = y > 0."""
    return y + torch.log(-torch.expm1(-y))

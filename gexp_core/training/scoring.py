"""Reading rows of a table with a network during training, and scoring what it says."""

import numpy as np
import torch
from torch import Tensor, nn

from gexp_core.evaluate.metrics import pearson, within
from gexp_core.training.augment import one_hot, reverse_complement
from gexp_core.training.data import Table
from gexp_core.types import Floats


def read_codes(
    network: nn.Module,
    codes: Tensor,
    *,
    insert: tuple[int, int],
    both_strands: bool,
    device: str,
    batch_size: int = 512,
) -> Floats:
    """Return (N, T) predictions of rows of codes, strands averaged as in ``predict``."""
    every = torch.ones(batch_size, dtype=torch.bool)
    parts = []
    network.eval()
    with torch.inference_mode():
        for part in torch.split(codes, batch_size):
            y = network(one_hot(part).to(device))
            if both_strands:
                turned = part.clone()
                turned[:, slice(*insert)] = reverse_complement(
                    part[:, slice(*insert)], every[: len(part)]
                )
                y = (y + network(one_hot(turned).to(device))) / 2
            parts.append(y.mean(1).float().cpu().numpy())
    return np.concatenate(parts)


def recalibrate(network: nn.Module, codes: Tensor, *, device: str, batch_size: int = 256) -> None:
    """Measure the batch norms' statistics anew, with dropout off, on rows of codes.

    Averaged weights have other activations than the weights the running statistics come from
    (Izmailov et al., stochastic weight averaging, 2018), and dropout widens them in training.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    network.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
        norm.train()
    with torch.no_grad():
        for part in torch.split(codes, batch_size):
            network(one_hot(part).to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


def valid_score(table: Table, rows: np.ndarray, predicted: Floats) -> float:
    """Return the mean over tracks of r on ``rows``, within batch, reported batches only.

    Tracks that have no r there (too few values, or all alike) are left out; 0 where none has one,
    as when the network says the same of every row.
    """
    reported = table.subsets["all"][rows]
    values = []
    for track in range(len(table.tracks)):
        measured = table.y[rows, track]
        kept = reported & np.isfinite(measured)
        values.append(
            within(predicted[kept, track], measured[kept], table.batch[rows][kept], pearson)
        )
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else 0.0

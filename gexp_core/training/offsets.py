"""The level of each batch (library), learned in training and dropped after it."""

import numpy as np
import torch
from torch import nn

from gexp_core.training.data import Table


class Offsets:
    """Own the learned offset of every batch for every track.

    Attributes
    ----------
    offset : (batches, T) float32, begun at the mean of the batch's train rows less ``mean``
    mean : (T,) float32, of all train rows
    """

    def __init__(self, table: Table, device: str) -> None:
        start = np.zeros((len(table.batches), len(table.tracks)), np.float32)
        train = table.split == "train"
        y = np.maximum(table.y, table.clip)
        for b in range(len(table.batches)):
            rows = train & (table.batch == b)
            if rows.any():
                start[b] = np.nanmean(y[rows], 0)
        # The mean level is the network's; only differences between batches are offsets.
        counts = np.bincount(table.batch[train], minlength=len(table.batches))
        self.mean = torch.from_numpy((counts[:, None] * start).sum(0) / counts.sum()).float()
        start -= self.mean.numpy()
        self.offset = nn.Parameter(torch.from_numpy(start).to(device))

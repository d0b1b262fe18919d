"""What is set for one training run of a model of short sequences."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Set one training run; everything here is written into its record.

    ``reported_only`` leaves the train rows of batches that are reported apart (noisy ones) unread.
    ``group_shrink`` above 0 gives every group a level of its own (see ``levels``), from the second
    epoch on. ``taught`` above 0 is how many made-up sequences are learnt from beside the measured
    ones (see ``taught``), in each batch ``taught_times`` as many. Without ``both_strands`` the
    measured orientation alone is read; with ``turned_until`` above 0 the network begins with half
    of its rows turned, fewer from step to step, and none from that share of the steps on.
    """

    epochs: int = 12
    patience: int = 5
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: float = 0.15
    average_decay: float = 0.998
    huber: float = 3.0
    both_strands: bool = True
    turned_until: float = 0.0
    most_shift: int = 4
    most_indel: int = 0
    most_mutation: float = 0.1
    clip_gradient: float = 5.0
    reported_only: bool = False
    group_shrink: float = 0.0
    taught: int = 0
    taught_times: int = 1
    seed: int = 0

    def turned(self, done: float) -> float:
        """Return the share of rows that are turned when ``done`` (0 to 1) of a run is over."""
        if self.both_strands:
            return 0.5
        left = self.turned_until - done
        return 0.5 * left / self.turned_until if left > 0 else 0.0

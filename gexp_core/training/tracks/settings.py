"""What one run of a student is set to; everything here is written into its record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DistilSettings:
    """Set one run of a student of tracks.

    Each of ``cycles`` is so many steps and the highest learning rate of them, to which it rises
    over the first ``warmup`` of the steps, to fall from there. A cycle after the first begins with
    the best averaged weights so far, and with an optimiser that knows nothing of before.

    ``measured_every`` th step reads a train window and its measured tracks, all others a text that
    the teacher has read. A text serves two steps, once on either strand; where one of the two is a
    measured one, once. Every ``noted_every`` steps, and where a cycle ends, the averaged weights
    are scored on valid and a checkpoint is written.
    """

    cycles: tuple[tuple[int, float], ...] = ((2700, 1.5e-3), (2600, 1.2e-3))
    weight_decay: float = 0.01
    warmup: float = 0.05
    average_decay: float = 0.998
    clip_gradient: float = 1.0
    measured_every: int = 8
    most_shift: int = 3
    noted_every: int = 300
    calibration_texts: int = 12
    seed: int = 0

    @property
    def steps(self) -> int:
        """Return the steps of all cycles."""
        return sum(steps for steps, _ in self.cycles)

    def cycle(self, step: int) -> tuple[int, int, float]:
        """Return where the cycle of a step begins, how many steps it has, and its learning rate."""
        start = 0
        for steps, rate in self.cycles:
            if step < start + steps:
                return start, steps, rate
            start += steps
        raise ValueError(f"there are {start} steps; step {step} is none of them")

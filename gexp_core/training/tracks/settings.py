"""What one run of a student is set to; everything here is written into its record."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cycle:
    """Set one cycle of a run.

    Attributes
    ----------
    steps : how many
    rate : the highest learning rate
    hints : weight of what is learned from the inside of the teacher; 0 is its outputs alone. With
        hints the network's dropouts rest: a map with holes is not compared with a whole one
    varied : whether texts differ more from the train windows (``texts.made`` with known motifs)
    """

    steps: int
    rate: float
    hints: float = 0.0
    varied: bool = False


@dataclass(frozen=True, slots=True)
class DistilSettings:
    """Set one run of a student of tracks.

    The learning rate of each of ``cycles`` rises over the first ``warmup`` of its steps, to fall
    from there. A cycle after the first begins with the best averaged weights so far, and with an
    optimiser that knows nothing of before; what ``Hints`` has learned goes on.

    ``measured_every`` th step reads a train window and its measured tracks, all others a text that
    the teacher has read. Without hints a text serves two steps, once on either strand; where one of
    the two is a measured one, once. With hints, as the inside of the teacher has no strand pairs,
    every such step has its own. Every ``noted_every`` steps, and where a cycle ends, the averaged
    weights are scored on valid and a checkpoint is written.
    """

    cycles: tuple[Cycle, ...] = (
        Cycle(2700, 1.5e-3),
        Cycle(2600, 1.2e-3),
        Cycle(4000, 1.5e-3, hints=1.0),
        Cycle(3000, 1.2e-3, hints=1.0, varied=True),
    )
    weight_decay: float = 0.01
    warmup: float = 0.05
    average_decay: float = 0.998
    clip_gradient: float = 1.0
    measured_every: int = 8
    most_shift: int = 3
    noted_every: int = 300
    seed: int = 0

    @property
    def steps(self) -> int:
        """Return the steps of all cycles."""
        return sum(cycle.steps for cycle in self.cycles)

    def of_length(self, steps: int) -> "DistilSettings":
        """Return the same with about so many steps in all, shared among the cycles as before."""
        share = steps / self.steps
        cycles = (replace(one, steps=max(1, round(one.steps * share))) for one in self.cycles)
        return replace(self, cycles=tuple(cycles))

    def cycle(self, step: int) -> tuple[int, Cycle]:
        """Return where the cycle of a step begins, and the cycle."""
        start = 0
        for cycle in self.cycles:
            if step < start + cycle.steps:
                return start, cycle
            start += cycle.steps
        raise ValueError(f"there are {start} steps; step {step} is none of them")

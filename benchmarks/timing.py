"""Time ways of doing one thing, taking turns, and compare them by medians."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """Hold one way's name and its seconds per unit in every round."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median of the rounds, in seconds per unit."""
        return statistics.median(self.seconds)


def compare(
    ways: Mapping[str, tuple[Callable[[], object], int]], *, rounds: int, most: float = 600
) -> list[Way]:
    """Return the seconds per unit of every way, measured turn by turn.

    Parameters
    ----------
    ways : name -> (call, how many units one call does)
    rounds : how often each way is called after one call that is not counted
    most : stop starting rounds after this many seconds
    """
    for call, _ in ways.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    began = time.perf_counter()
    for done in range(rounds):
        if done and time.perf_counter() - began > most:
            break
        for name, (call, units) in ways.items():
            start = time.perf_counter()
            call()
            seconds[name].append((time.perf_counter() - start) / units)
    return [Way(name, tuple(taken)) for name, taken in seconds.items()]


def table(title: str, unit: str, ways: list[Way], notes: Mapping[str, str] | None = None) -> str:
    """Return a markdown table: the first way is ours, ratios are of medians paired by round."""
    notes = notes or {}
    ours = ways[0]
    lines = [
        f"### {title}",
        "",
        f"| way | {unit} per second | ms per {unit} | ours is faster by | note |",
        "|---|---:|---:|---:|---|",
    ]
    for way in ways:
        pairs = [b / a for a, b in zip(ours.seconds, way.seconds, strict=True)]
        ratio = "" if way is ours else f"{statistics.median(pairs):.2f} x"
        rate, ms = 1 / way.median, 1e3 * way.median
        lines.append(
            f"| {way.name} | {rate:.2f} | {ms:.2f} | {ratio} | {notes.get(way.name, '')} |"
        )
    return "\n".join([*lines, "", f"{len(ours.seconds)} rounds.", ""])

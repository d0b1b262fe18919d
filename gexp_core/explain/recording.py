"""A forward pass written down, and run again with some of its results given.

Owns the record of what a network called, in order, and the replay that computes only what was not
given. Both are modes of the calling thread: nothing of the network is changed, and another thread
that reads it at the same time is not disturbed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class Differs(Exception):
    """Say inside this room that a second forward pass called other functions than the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Hold one call of a torch function and what it returned."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: Mapping[str, Any]
    result: Any

    @property
    def name(self) -> str:
        """Return the function's own name."""
        return str(getattr(self.function, "__name__", ""))

    def tensors(self) -> list[Tensor]:
        """Return the tensors among the arguments, lists of them included."""
        return list(_tensors((*self.args, *self.options.values())))


def _tensors(values: Iterable[Any]) -> Iterable[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)


class _Recorder(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        self.calls.append(Call(func, args, kwargs or {}, made))
        return made


def record(network: nn.Module, X: Tensor) -> tuple[list[Call], Tensor]:
    """Return every call that reading X (N, 4, L) makes, in order, and the reading (N, B, T)."""
    with _Recorder() as mode:
        y: Tensor = network(X)
    return mode.calls, y


class Rest:
    """Run what follows the given results of a network's forward pass.

    Parameters
    ----------
    network : nn.Module
    calls : list of Call
        As :func:`record` wrote them down.
    local : set of int
        Places of the calls that need not be run: what they give is given, or is not used.
    """

    def __init__(self, network: nn.Module, calls: list[Call], local: set[int]) -> None:
        self.network = network
        self.functions = [call.function for call in calls]
        self.shapes = {i: tuple(calls[i].result.shape[1:]) for i in local}

    def __call__(self, given: Mapping[int, Tensor], X: Tensor) -> Tensor:
        """Return the reading (N, B, T) from results ``given`` by the places of their calls.

        X is any (N, 4, L); it only says how many there are.

        Raises
        ------
        Differs
            The network took another way than when it was recorded.
        """
        with _Replay(self, given, X) as mode:
            y: Tensor = self.network(X)
        if mode.at != len(self.functions):
            raise Differs
        return y


class _Replay(TorchFunctionMode):
    def __init__(self, rest: Rest, given: Mapping[int, Tensor], X: Tensor) -> None:
        super().__init__()
        self.rest = rest
        self.given = given
        self.n = len(X)
        self.nothing = X.new_zeros(())
        self.at = 0

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        at = self.at
        self.at += 1
        if at >= len(self.rest.functions) or func != self.rest.functions[at]:
            raise Differs
        if at in self.given:
            return self.given[at]
        shape = self.rest.shapes.get(at)
        if shape is not None:
            return self.nothing.expand(self.n, *shape)  # holds no memory and is never read
        return func(*args, **(kwargs or {}))

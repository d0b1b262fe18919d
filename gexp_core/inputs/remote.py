"""Sequence of known assemblies from two public services, in blocks, kept on disk.

Owns how much is sent and fetched: coordinates of whole blocks, nothing else, and nothing unless
``fetch`` is called. How the services are asked is in ``remote_services``.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import MappingProxyType

from gexp_core.errors import InputError, LimitError
from gexp_core.inputs.builds import LENGTHS, Build, chromosome
from gexp_core.inputs.disk_cache import DiskCache
from gexp_core.inputs.genome import Genome
from gexp_core.inputs.remote_client import Client, RemoteError
from gexp_core.inputs.remote_services import LETTERS, SERVICES, letters, question, service_of
from gexp_core.types import Interval, Progress

#: The environment variable with which a server's keeper switches the services 'off'.
SWITCH = "GEXP_REMOTE"

#: Bases of a block: coordinates are sent rounded to whole blocks.
BLOCK = 10_000

#: Most blocks of one call, most blocks asked for in one question, most questions, and seconds.
MOST_BLOCKS, AT_ONCE, MOST_QUESTIONS, SECONDS = 500, 100, 50, 120.0

_CACHE_BYTES = 100_000_000

Block = tuple[str, int]  # chromosome as in LENGTHS, number of the block


def offered() -> bool:
    """Return whether this server offers the services; its keeper sets GEXP_REMOTE=off if not."""
    return os.environ.get(SWITCH, "").strip().lower() not in ("off", "0", "no", "false")


class FetchedGenome(Genome):
    """Read from the blocks of an assembly that were fetched.

    Parameters
    ----------
    service, assembly : str
        Names of ``SERVICES`` and ``builds.LENGTHS``.
    blocks : mapping of (chromosome, number) to letters
    """

    def __init__(
        self, service: str, assembly: str, blocks: Mapping[Block, str] | None = None
    ) -> None:
        chosen = service_of(service, assembly)
        super().__init__(
            f"{Build(assembly, '').label} from {chosen.title}",
            {f"chr{name}": length for name, length in LENGTHS[assembly].items()},
        )
        self.service, self.assembly = service, assembly
        self.blocks: Mapping[Block, str] = MappingProxyType(dict(blocks or {}))

    @property
    def nbytes(self) -> int:
        """Return how many bytes the letters take."""
        return sum(map(len, self.blocks.values()))

    def __reduce__(self) -> tuple[object, ...]:
        """Send the blocks where the genome is sent to another process."""
        return FetchedGenome, (self.service, self.assembly, dict(self.blocks))

    def missing(self, wanted: Iterable[Interval], most: int | None = None) -> tuple[Block, ...]:
        """Return the blocks of the intervals that are not here, each once, or the first ``most``.

        What no contig has is passed over: reading it says why.
        """
        return tuple(islice((one for one in self._asked(wanted) if one not in self.blocks), most))

    def _asked(self, wanted: Iterable[Interval]) -> Iterator[Block]:
        """Yield the blocks of the intervals, each once; those of one chromosome in its order."""
        numbers: dict[str, list[range]] = {}
        for one in wanted:
            with suppress(InputError):
                contig = self.check(one.chrom, one.start, one.end)
                numbers.setdefault(contig, []).append(_numbers(one.start, one.end))
        for contig, ranges in numbers.items():
            chrom, begin = chromosome(contig), 0
            for several in sorted(ranges, key=lambda one: one.start):
                for number in range(max(begin, several.start), several.stop):
                    yield chrom, number
                begin = max(begin, several.stop)

    def _letters(self, contig: str, start: int, end: int) -> str:
        parts = []
        chrom = chromosome(contig)
        for number in _numbers(start, end):
            block = (chrom, number)
            if block not in self.blocks:
                raise InputError(
                    f"{contig}:{start + 1:,}-{end:,} (1-based) was not fetched from "
                    f"{SERVICES[self.service].title}; give it as a region on the page Regions "
                    "first, or choose a genome that is here"
                )
            parts.append(self.blocks[block])
        first = start // BLOCK * BLOCK
        return "".join(parts)[start - first : end - first]


def _numbers(start: int, end: int) -> range:
    """Return the numbers of the blocks that hold the bases of an interval."""
    return range(start // BLOCK, (end - 1) // BLOCK + 1)


def fetch(
    genome: FetchedGenome,
    wanted: Sequence[Interval],
    *,
    client: Client | None = None,
    progress: Progress | None = None,
) -> FetchedGenome:
    """Return the genome with the blocks of the intervals, from the disk or the service.

    Parameters
    ----------
    genome : FetchedGenome
    wanted : sequence of Interval
    client : Client, optional
    progress : callable, optional
        Called with (blocks here, blocks in all); it may raise to stop.

    Raises
    ------
    RemoteError
        The service is switched off here, or does not give them; nothing is kept of a part.
    LimitError
        More than MOST_BLOCKS blocks or MOST_QUESTIONS questions.
    """
    if not offered():
        raise RemoteError(
            "the keeper of this server has switched off public sequence services; give the genome "
            "as a file"
        )
    chosen = service_of(genome.service, genome.assembly)
    asked = client or Client()
    deadline = asked.clock() + SECONDS
    missing = missing_blocks(genome, wanted)
    cache = DiskCache("sequence", most=_CACHE_BYTES)
    found = dict(genome.blocks)
    for block in missing:
        if (kept := _kept(cache, genome, block)) is not None:
            found[block] = kept
    runs = _runs([block for block in missing if block not in found])
    if len(runs) > MOST_QUESTIONS:
        raise LimitError(
            f"the regions lie in {len(runs):,} places, more than the {MOST_QUESTIONS} that are "
            "asked for at once; give fewer, or the genome as a file"
        )
    for number, run in enumerate(runs):
        if progress:
            progress(len(missing) - sum(map(len, runs[number:])), len(missing))
        if number:
            asked.sleep(chosen.pause)
        chrom, start, end = run[0][0], run[0][1] * BLOCK, _end(genome, run[-1])
        host, path = question(genome.service, genome.assembly, chrom, start, end)
        answer = asked.json(
            host, path, who=chosen.title, most=2 * (end - start) + 10_000, deadline=deadline
        )
        text = letters(genome.service, genome.assembly, chrom, start, end, answer)
        for at, block in enumerate(run):
            found[block] = text[at * BLOCK : (at + 1) * BLOCK]
            cache.put(_key(genome, block), found[block].encode())
    if progress and missing:
        progress(len(missing), len(missing))
    return FetchedGenome(genome.service, genome.assembly, found)


def missing_blocks(genome: FetchedGenome, wanted: Iterable[Interval]) -> tuple[Block, ...]:
    """Return the blocks of the intervals that are not here.

    Raises
    ------
    LimitError
        They are more than MOST_BLOCKS, the most of one call of ``fetch``.
    """
    missing = genome.missing(wanted, MOST_BLOCKS + 1)
    if len(missing) > MOST_BLOCKS:
        raise LimitError(
            f"the regions need more than {MOST_BLOCKS * BLOCK:,} bases that are not here, the most "
            "that are fetched at once; give fewer or shorter ones, or the genome as a file"
        )
    return missing


def _end(genome: FetchedGenome, block: Block) -> int:
    return min((block[1] + 1) * BLOCK, LENGTHS[genome.assembly][block[0]])


def _key(genome: FetchedGenome, block: Block) -> str:
    return f"{genome.service} {genome.assembly} {block[0]} {block[1]} {BLOCK}"


def _kept(cache: DiskCache, genome: FetchedGenome, block: Block) -> str | None:
    """Return a block from the disk; None where it is not there or not whole."""
    data = cache.get(_key(genome, block))
    if data is None or len(data) != _end(genome, block) - block[1] * BLOCK:
        return None
    text = data.decode("ascii", "replace")
    return text if LETTERS.fullmatch(text) else None


def _runs(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return neighbouring blocks together, at most AT_ONCE in one run."""
    runs: list[list[Block]] = []
    for block in sorted(blocks):
        last = runs[-1] if runs else []
        if last and last[-1] == (block[0], block[1] - 1) and len(last) < AT_ONCE:
            last.append(block)
        else:
            runs.append([block])
    return runs

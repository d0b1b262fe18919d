"""The two public sequence services: how each is asked for a stretch, and what is believed of it.

Owns hosts, paths and the form of answers. Hosts and paths are built here from the services' and
assemblies' own names; a visitor chooses among these and gives numbers.

References
----------
UCSC REST API, https://genome.ucsc.edu/goldenPath/help/api.html: 0-based half-open, a second
between questions. Ensembl REST API, https://rest.ensembl.org (Yates et al., Bioinformatics 31:143,
2015): 1-based inclusive, at most 15 questions a second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gexp_core.errors import InputError
from gexp_core.inputs.builds import LENGTHS, UCSC, Build
from gexp_core.inputs.letters import IUPAC
from gexp_core.inputs.remote_client import RemoteError

#: Letters that a genome may have, in either case.
LETTERS = re.compile(f"[ACGTN{IUPAC}]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Service:
    """Describe one service.

    Attributes
    ----------
    title : what people call it
    host : the only host that is asked
    assemblies : names as in ``builds.LENGTHS`` -> the service's own
    pause : seconds between questions, as the service asks for
    """

    title: str
    host: str
    assemblies: Mapping[str, str]
    pause: float


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "ucsc": Service("UCSC", "api.genome.ucsc.edu", MappingProxyType(dict(UCSC)), 1.0),
        "ensembl": Service(
            "Ensembl",
            "rest.ensembl.org",
            MappingProxyType(
                {
                    "GRCh38": "human",
                    "GRCm39": "mouse",
                    "sacCer3": "saccharomyces_cerevisiae",
                }
            ),
            0.1,
        ),
    }
)

_ENSEMBL_NAMES = {"sacCer3": "R64-1-1"}


def service_of(service: str, assembly: str) -> Service:
    """Return a service that has an assembly, or raise InputError."""
    chosen = SERVICES.get(service)
    if chosen is None or assembly not in chosen.assemblies:
        raise InputError(
            f"{service!r} with {assembly!r} is not offered; services are {', '.join(SERVICES)}, "
            f"assemblies {', '.join(LENGTHS)}"
        )
    return chosen


def question(service: str, assembly: str, chrom: str, start: int, end: int) -> tuple[str, str]:
    """Return the host and the path that ask for a stretch, 0-based half-open, plus strand.

    Raises
    ------
    InputError
        Service, assembly, chromosome or coordinates are not among the known ones.
    """
    chosen = service_of(service, assembly)
    length = LENGTHS[assembly].get(chrom, 0)
    if not 0 <= start < end <= length:
        raise InputError(
            f"{chrom!r}:{start}-{end} (0-based half-open) is not a place of "
            f"{Build(assembly, '').label}"
        )
    name = chosen.assemblies[assembly]
    if service == "ucsc":
        return chosen.host, (
            f"/getData/sequence?genome={name};chrom=chr{chrom};start={start:d};end={end:d}"
        )
    version = _ENSEMBL_NAMES.get(assembly, assembly)
    return chosen.host, (
        f"/sequence/region/{name}/{chrom}:{start + 1:d}..{end:d}:1"
        f"?coord_system_version={version};mask=soft;content-type=application/json"
    )


def letters(service: str, assembly: str, chrom: str, start: int, end: int, answer: Any) -> str:
    """Return the letters of an answer, if it is about what was asked and holds nucleotides.

    Raises
    ------
    RemoteError
        It is not: of another place or assembly, of another length, or with other letters.
    """
    who = SERVICES[service].title
    text = answer.get("dna" if service == "ucsc" else "seq") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise RemoteError(
            f"{who} answered without a sequence; try again later, or give the genome as a file"
        )
    if service == "ucsc":
        said = (answer.get("genome"), answer.get("chrom"), answer.get("start"), answer.get("end"))
        right = said == (SERVICES[service].assemblies[assembly], f"chr{chrom}", start, end)
    else:
        version = _ENSEMBL_NAMES.get(assembly, assembly)
        right = answer.get("id") == f"chromosome:{version}:{chrom}:{start + 1}:{end}:1"
    if not right or len(text) != end - start:
        raise RemoteError(
            f"{who} answered about another place than was asked for; nothing of it is used, give "
            "the genome as a file"
        )
    if not LETTERS.fullmatch(text):
        wrong = next(letter for letter in text if not LETTERS.fullmatch(letter))
        raise RemoteError(
            f"{who} answered with {wrong!r} in the sequence, which is no nucleotide; nothing of it "
            "is used, give the genome as a file"
        )
    return text

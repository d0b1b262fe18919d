"""Which assembly a genome is, told from the lengths of its contigs; what an accession stands for.

Owns the lengths of the chromosomes of five assemblies and the RefSeq and GenBank accessions of
human, mouse and budding yeast chromosomes. Never guesses: a name is given only where every known
chromosome of the genome has the assembly's length.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ARABIC = tuple(str(number) for number in range(1, 23))
_ROMAN = "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI".split()

# Lengths in bases in the order 1 2 3 ... X Y (yeast: I to XVI). Sources: the assembly reports of
# NCBI, GCF_000001405.40 and .25, GCF_000001635.26 and .27, GCF_000146045.2.
_HUMAN_38 = """248956422 242193529 198295559 190214555 181538259 170805979 159345973 145138636
138394717 133797422 135086622 133275309 114364328 107043718 101991189 90338345 83257441 80373285
58617616 64444167 46709983 50818468 156040895 57227415"""
_HUMAN_37 = """249250621 243199373 198022430 191154276 180915260 171115067 159138663 146364022
141213431 135534747 135006516 133851895 115169878 107349540 102531392 90354753 81195210 78077248
59128983 63025520 48129895 51304566 155270560 59373566"""
_MOUSE_38 = """195471971 182113224 160039680 156508116 151834684 149736546 145441459 129401213
124595110 130694993 122082543 120129022 120421639 124902244 104043685 98207768 94987271 90702639
61431566 171031299 91744698"""
_MOUSE_39 = """195154279 181755017 159745316 156860686 151758149 149588044 144995196 130127694
124359700 130530862 121973369 120092757 120883175 125139656 104073951 98008968 95294699 90720763
61420004 169476592 91455967"""
_YEAST_3 = """230218 813184 316620 1531933 576874 270161 1090940 562643 439888 745751 666816
1078177 924431 784333 1091291 948066"""


def _lengths(names: "tuple[str, ...] | list[str]", numbers: str) -> dict[str, int]:
    return dict(zip(names, map(int, numbers.split()), strict=True))


#: Assembly -> chromosome, without 'chr' -> bases.
LENGTHS: Mapping[str, Mapping[str, int]] = {
    "GRCh38": _lengths([*_ARABIC, "X", "Y"], _HUMAN_38),
    "GRCh37": _lengths([*_ARABIC, "X", "Y"], _HUMAN_37),
    "GRCm38": _lengths([*_ARABIC[:19], "X", "Y"], _MOUSE_38),
    "GRCm39": _lengths([*_ARABIC[:19], "X", "Y"], _MOUSE_39),
    "sacCer3": _lengths(_ROMAN, _YEAST_3),
}

#: Assembly -> what UCSC calls it.
UCSC = {
    "GRCh38": "hg38",
    "GRCh37": "hg19",
    "GRCm38": "mm10",
    "GRCm39": "mm39",
    "sacCer3": "sacCer3",
}

#: Assemblies of one species, which people mistake for each other.
_SPECIES = (("GRCh38", "GRCh37"), ("GRCm38", "GRCm39"), ("sacCer3",))

# Versions of NC_000001 ... NC_000024 in GRCh38; in GRCh37 each is one less.
_HUMAN_VERSIONS = (
    *(11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11),
    *(11, 10),
)
_ACCESSION = re.compile(r"(NC|CM)_?(\d{6})(?:\.(\d{1,12}))?", re.IGNORECASE)
# Number of a mitochondrial accession -> the assemblies it is in, and its bases.
_MITOCHONDRIAL = {
    12920: (("GRCh38", "GRCh37"), 16_569),
    5089: (("GRCm38", "GRCm39"), 16_299),
    1224: (("sacCer3",), 85_779),
}
_OLD_M = 16_571  # bases of chrM of UCSC's first hg19: NC_001807, not the MT of GRCh37
_MITOCHONDRIA = {"M", "MT", "MITO", "MTDNA"}


@dataclass(frozen=True, slots=True)
class Build:
    """Say which assembly a genome is, and what that rests on.

    Attributes
    ----------
    name : 'GRCh38', 'GRCh37', 'GRCm38', 'GRCm39' or 'sacCer3'; None where nothing proves one
    evidence : one sentence
    """

    name: str | None
    evidence: str

    @property
    def label(self) -> str:
        """Return both names in use, 'GRCh38 (hg38)', or 'unknown build'."""
        if self.name is None:
            return "unknown build"
        ucsc = UCSC[self.name]
        return self.name if ucsc == self.name else f"{self.name} ({ucsc})"


def accession(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the chromosome that a RefSeq or GenBank accession names, and the assemblies it is in.

    Returns
    -------
    (str, tuple of str) or None
        Chromosome without 'chr' and the known assemblies whose sequence it is; without a version
        the species' assemblies. None for any other text.
    """
    found = _ACCESSION.fullmatch(name)
    if found is None:
        return None
    kind, number = found[1].upper(), int(found[2])
    version = int(found[3]) if found[3] else None
    if kind == "CM":
        return _genbank(number, version)
    if 1 <= number <= 24:
        chrom = (*_ARABIC, "X", "Y")[number - 1]
        newest = _HUMAN_VERSIONS[number - 1]
        return chrom, _versions(version, {"GRCh38": newest, "GRCh37": newest - 1})
    if 67 <= number <= 87:
        chrom = (*_ARABIC[:19], "X", "Y")[number - 67]
        newest = 8 if number in (68, 86, 87) else 7
        return chrom, _versions(version, {"GRCm39": newest, "GRCm38": newest - 1})
    if 1133 <= number <= 1148:
        return _ROMAN[number - 1133], ("sacCer3",)
    return ("M", _MITOCHONDRIAL[number][0]) if number in _MITOCHONDRIAL else None


def other_mitochondrion(name: str, contig: str, length: int) -> str:
    """Return why a contig is not the mitochondrion that ``name`` means, in one sentence, or ''.

    Parameters
    ----------
    name : str
        A RefSeq accession, or 'MT' as in GRCh37 and GRCh38; other names mean no certain sequence.
    contig : str
    length : int
        Bases of ``contig``.
    """
    found = _ACCESSION.fullmatch(name)
    number = int(found[2]) if found and found[1].upper() == "NC" else 0
    if name.upper() == "MT" and length == _OLD_M:
        number = 12920
    wanted = _MITOCHONDRIAL[number][1] if number in _MITOCHONDRIAL else length
    if wanted == length:
        return ""
    return (
        f"{name!r} is a mitochondrial sequence of {wanted:,} bases, but {contig!r} of this genome "
        f"has {length:,}, so positions differ; choose a genome that has it, or write {contig!r} if "
        "that is meant"
    )


def _genbank(number: int, version: int | None) -> tuple[str, tuple[str, ...]] | None:
    if 663 <= number <= 686:
        return (*_ARABIC, "X", "Y")[number - 663], _versions(version, {"GRCh38": 2, "GRCh37": 1})
    if 994 <= number <= 1014:
        return (*_ARABIC[:19], "X", "Y")[number - 994], _versions(
            version, {"GRCm38": 2, "GRCm39": 3}
        )
    return None


def _versions(given: int | None, known: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(name for name, version in known.items() if given in (None, version))


def named(text: str) -> str | None:
    """Return the assembly that a name in use stands for ('hg19', 'b37', 'GRCh37'), else None."""
    key = text.casefold()
    for assembly, ucsc in UCSC.items():
        if key in (assembly.casefold(), ucsc.casefold()):
            return assembly
    return {"b37": "GRCh37", "hs37d5": "GRCh37", "b38": "GRCh38", "hs38": "GRCh38"}.get(key)


def siblings(build: str | None) -> tuple[str, ...]:
    """Return the other known assemblies of the same species; () where nothing is known."""
    species = next((some for some in _SPECIES if build in some), ())
    return tuple(one for one in species if one != build)


def chromosome(name: str) -> str:
    """Return the one key of all ways to write a chromosome: 'chr1', '1', 'NC_000001.11' -> '1'."""
    known = accession(name)
    if known is not None:
        return known[0]
    bare = name[3:] if name[:3].lower() == "chr" and len(name) > 3 else name
    return "M" if bare.upper() in _MITOCHONDRIA else bare.upper()


def which(contigs: Mapping[str, int]) -> Build:
    """Return the assembly that contigs of these names and lengths belong to.

    Parameters
    ----------
    contigs : mapping of str to int
        Contig name, in any style, to its length in bases.
    """
    given = {chromosome(name): (name, length) for name, length in contigs.items()}
    best, most = "", 0
    for build, lengths in LENGTHS.items():
        same = sum(given[chrom][1] == n for chrom, n in lengths.items() if chrom in given)
        if same > most:
            best, most = build, same
    if not best:
        return Build(None, _unknown(contigs))
    lengths = LENGTHS[best]
    odd = [given[chrom] for chrom, n in lengths.items() if chrom in given and given[chrom][1] != n]
    label = Build(best, "").label
    if odd:
        name, length = odd[0]
        return Build(
            None,
            f"{most} of {most + len(odd)} chromosomes have the lengths of {label}, but {name} has "
            f"{length:,} bases instead of {lengths[chromosome(name)]:,}, so no build is asserted",
        )
    name, length = given[next(chrom for chrom in lengths if chrom in given)]
    rest = f", and so have the {most - 1} other chromosomes compared" if most > 1 else ""
    return Build(best, f"{name} has the {length:,} bases it has in {label}{rest}")


def _unknown(contigs: Mapping[str, int]) -> str:
    name = next(iter(contigs), "")
    known = ", ".join(Build(build, "").label for build in LENGTHS)
    return (
        f"no build is asserted: no contig ({name} has {contigs.get(name, 0):,} bases, for one) has "
        f"the length of a chromosome of {known}"
    )


def other_build(build: str | None, chrom: str, end: int) -> str:
    """Return the other assembly of the species in which ``chrom`` reaches to ``end``, or ''."""
    for species in _SPECIES:
        if build in species:
            for other in species:
                if other != build and end <= LENGTHS[other].get(chromosome(chrom), 0):
                    return Build(other, "").label
    return ""

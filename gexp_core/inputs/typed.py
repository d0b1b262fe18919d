"""Variants as people type them: ``chr8-140300616-T-G``, ``8:140300616 T>G``, genomic HGVS.

Owns the reading of one such text. Forms that need letters of the genome (a deletion in HGVS names
only its place) ask for one; forms whose meaning depends on a transcript or a database are refused.
"""

import re
from typing import TYPE_CHECKING

from gexp_core.encoding import reverse_complement
from gexp_core.errors import InputError
from gexp_core.inputs.alleles import MAX_ALLELE, Variant, short
from gexp_core.inputs.intervals import format_region
from gexp_core.inputs.names import MAX_NAME, printable
from gexp_core.inputs.remote import FetchedGenome
from gexp_core.types import Interval

if TYPE_CHECKING:
    from gexp_core.inputs.genome import Genome

_NUMBER = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,12}"  # up to 12 digits, as everywhere
_LETTERS = r"[A-Za-z]+"
_SEPARATOR = r"(?:\s*>\s*|\s*/\s*|\s+|[-:_])"
_LONGEST = 2 * MAX_ALLELE + 1_000  # characters: two alleles, and what is around them
_PLAIN = re.compile(
    rf"(?P<chrom>[^\s:]{{1,{MAX_NAME}}}?|\S{{1,{MAX_NAME}}}?)(?:\s*:\s*|\s+|[-_])"
    rf"(?P<pos>{_NUMBER})(?:\s+|[-:_]|)"
    rf"(?P<ref>{_LETTERS}){_SEPARATOR}(?P<alt>{_LETTERS})"
)
_HGVS = re.compile(
    rf"(?P<chrom>[^\s:]+)\s*:\s*g\.\s*(?P<first>{_NUMBER})(?:_(?P<last>{_NUMBER}))?(?P<what>.+)"
)
_SUBSTITUTION = re.compile(rf"(?P<ref>{_LETTERS})>(?P<alt>{_LETTERS})")
_CHANGE = re.compile(rf"(?P<kind>delins|del|ins|dup|inv)(?P<letters>{_LETTERS})?")
_NO_G = re.compile(rf"(\S+?:)\s*((?:{_NUMBER})(?:_(?:{_NUMBER}))?(?:del|ins|dup|inv)\w*)")
_FORMS = (
    "write it as chr8-140300616-T-G, 8:140300616 T>G or NC_000008.11:g.140300616T>G, or as a VCF "
    "line"
)


def parse_variant(text: str, genome: "Genome | None" = None, *, near: bool = True) -> Variant:
    """Read one typed variant.

    Parameters
    ----------
    text : str
        ``chrom-pos-ref-alt`` with any of - : _ / > or blanks between the parts, or genomic HGVS
        (``g.``): a substitution, del, ins, delins, dup or inv. Positions are 1-based.
    genome : Genome, optional
        Needed for HGVS other than a substitution, which leaves out letters that a variant needs.
    near : bool
        Whether the sentence on a contig that the genome lacks names those like it.

    Returns
    -------
    Variant
        As typed, with letters in upper case; neither checked nor normalised. An HGVS deletion or
        insertion gets the base before it in both alleles (after it, at the start of a contig).

    Raises
    ------
    InputError
        The text is in no known form, or in one whose meaning is not settled by it alone.
    """
    if len(text) > _LONGEST:
        raise InputError(
            f"{_quoted(printable(text[:61]))} has {len(text):,} characters, more than the "
            f"{_LONGEST:,} that are read of one variant; {_FORMS}"
        )
    clean = printable(" ".join(text.split()))  # tabs first: they part, and are not printable
    if found := _HGVS.fullmatch(clean):
        return _hgvs(clean, found, genome, near)
    if found := _PLAIN.fullmatch(clean):
        return Variant(
            found["chrom"],
            _number(found["pos"]),
            found["ref"].upper(),
            found["alt"].upper(),
        )
    raise InputError(f"{_quoted(clean)} is not read as a variant: {_why(clean)}")


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _why(text: str) -> str:
    if re.fullmatch(r"rs\d+", text, re.IGNORECASE):
        return f"an rs number says no place by itself and no database is asked; {_FORMS}"
    if "<" in text:
        return (
            "a symbolic allele like <DEL> has no letters; write REF and ALT out in letters, the "
            "base before the change first"
        )
    if len(text) <= 60 and (found := _NO_G.fullmatch(text)):
        return f"genomic HGVS says g. before the position; write it as {found[1]}g.{found[2]}"
    if re.search(r":\s*[cnmpr]\.", text):
        return f"only genomic HGVS (g.) names a place in a genome without a transcript; {_FORMS}"
    if re.search(r"[-:_/>\s][-.](?:[-:_/>\s]|$)", text):
        return (
            "'-' or '.' in place of an allele leaves its letters open; write the base before the "
            "change into both alleles, as VCF does"
        )
    return _FORMS


def _hgvs(text: str, found: re.Match[str], genome: "Genome | None", near: bool) -> Variant:
    """Return the variant of a genomic HGVS text."""
    chrom, what = found["chrom"][:MAX_NAME], found["what"].replace(" ", "")
    first = _number(found["first"])
    last = _number(found["last"]) if found["last"] else first
    if last < first or first < 1:
        raise InputError(
            f"{_quoted(text)}: positions run from {first} to {last}; HGVS counts from 1 and writes "
            "the smaller position first"
        )
    if simple := _SUBSTITUTION.fullmatch(what):
        if len(simple["ref"]) != last - first + 1:
            raise InputError(
                f"{_quoted(text)}: {short(simple['ref'])} does not fill positions {first} to {last}"
            )
        return Variant(chrom, first, simple["ref"].upper(), simple["alt"].upper())
    change = _CHANGE.fullmatch(what)
    if change is None:
        raise InputError(
            f"{_quoted(text)}: {_quoted(what)} is not read; of HGVS are read >, del, ins, delins, "
            "dup and inv with letters A C G T"
        )
    if genome is None:
        raise InputError(
            f"{_quoted(text)}: {change['kind']} leaves letters to the genome; choose one first, or "
            "write the variant with its letters, as VCF does"
        )
    contig = genome.resolve(chrom, near=near)
    return _from_genome(text, chrom, contig, first, last, change, genome)


def _from_genome(
    text: str,
    chrom: str,
    contig: str,
    first: int,
    last: int,
    change: re.Match[str],
    genome: "Genome",
) -> Variant:
    """Return a variant whose letters the genome completes; ``contig`` is its name of ``chrom``."""
    kind, letters = change["kind"], (change["letters"] or "").upper()
    if kind in ("ins", "delins") and not letters:
        raise InputError(f"{_quoted(text)}: say which letters are inserted, as in {kind}ACG")
    if kind == "ins" and last != first + 1:
        raise InputError(
            f"{_quoted(text)}: an insertion lies between two neighbours, as in "
            f"g.{first}_{first + 1}ins{short(letters)}"
        )
    if last - first + 1 > MAX_ALLELE:
        raise InputError(
            f"{_quoted(text)}: it spans {last - first + 1:,} bases, at most {MAX_ALLELE:,} are "
            "read; structural variants are not small variants"
        )
    begin = first - 1 - (kind == "del" and first > 1)
    if isinstance(genome, FetchedGenome) and genome.missing([Interval(contig, begin, last)]):
        raise InputError(
            f"{_quoted(text)}: {kind} leaves letters to the genome, and those at "
            f"{format_region(Interval(contig, begin, last))} were not fetched yet; write the "
            f"variant with its letters, as VCF does ({chrom}-{begin + 1}-AT-A), or fetch this "
            "place on the page Regions first"
        )
    there = genome.fetch(contig, first - 1, last)
    if kind in ("del", "dup", "inv") and letters and letters != there:
        raise InputError(
            f"{_quoted(text)}: it names {short(letters)}, the genome has {short(there)} there; is "
            "it from another genome build?"
        )
    if kind == "ins":
        return Variant(chrom, first, there[0], there[0] + letters)
    if kind == "dup":
        return Variant(chrom, last, there[-1], there[-1] + there)
    if kind in ("delins", "inv"):
        return Variant(chrom, first, there, letters or reverse_complement(there))
    if first > 1:
        before = genome.fetch(contig, first - 2, first - 1)
        return Variant(chrom, first - 1, before + there, before)
    after = genome.fetch(contig, last, last + 1)
    return Variant(chrom, first, there + after, after)

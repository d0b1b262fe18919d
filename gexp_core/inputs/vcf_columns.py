"""What stands in the columns of a VCF line, or of a table like one, and why it cannot be used.

Owns sentences about POS, the third column and the letters of alleles. Lines are ``vcf``'s.
"""

from gexp_core.errors import InputError
from gexp_core.inputs.alleles import short
from gexp_core.inputs.names import printable


def about_start(columns: tuple[str, ...]) -> str:
    """Return what POS is where a header names START and END in its place; '' elsewhere."""
    if not any(word in name.upper() for name in columns[1:3] for word in ("START", "END")):
        return ""
    return (
        ", with . for ID: where START counts from 1 (1-based), POS is START; where it counts from "
        "0 (0-based, as in BED), POS is START + 1"
    )


def third(where: str, position: int, given: str, ref: str) -> tuple[str, str]:
    """Return what a line under no header is counted as, and the ID in its third column.

    Tables that are no VCF often have CHROM START END REF ALT. With an end one past a 1-based one,
    the start counts from 0 as BED's does, and to read it as POS would be off by one.
    """
    last = position + len(ref) - 1
    if given == str(last + 1):
        raise InputError(
            f"{where}: with {given} behind it this looks like START and END counted from 0, as "
            f"in BED; write {position + 1} and the base(s) {short(printable(ref))} as "
            "CHROM POS ID REF ALT, with . for ID"
        )
    return ("end column", "") if given == str(last) else ("no header", given)


def letters(where: str, what: str, allele: str) -> None:
    """Raise InputError with the reason when an allele (upper case) is not written in letters."""
    shown = repr(short(printable(allele)))
    if allele and not allele.strip("ACGT"):
        return
    if allele in (".", ""):
        reason = (
            "no alternative is given (a site without a variant); leave the line out"
            if what == "ALT"
            else "REF is open"
        )
    elif allele == "*":
        reason = "'*' says that another line deletes this base; score that line instead"
    elif allele.startswith("<"):
        reason = (
            f"the symbolic allele {shown} has no letters; write REF and ALT out in letters, the "
            "base before the change first"
        )
    elif "[" in allele or "]" in allele or allele.startswith(".") or allele.endswith("."):
        reason = (
            f"{shown} is a breakend: it joins two places, and no window holds both; it cannot be "
            "scored"
        )
    elif allele == "-":
        reason = "'-' leaves an allele open; write the base before the change into both alleles"
    else:
        wrong = allele.strip("ACGT")[0]
        reason = f"{what} {shown} has {wrong!r}; alleles are written in A C G T"
    raise InputError(f"{where}: {reason}")

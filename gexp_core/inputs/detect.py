"""What a file or a text really is, told from its first bytes; owns one sentence for each kind.

Only kinds that people do send by mistake are known. Nothing is parsed here.
"""

import re

#: First bytes -> what such a file is.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document (doc or xls)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x9d", "a compress (.Z) file"),
    (b"BAM\x01", "a BAM file (aligned reads)"),
    (b"CRAM", "a CRAM file (aligned reads)"),
    (b"BCF\x02", "a BCF file (variants)"),
    (b"\x43\x27\x41\x1a", "a 2bit genome"),
    (b"\x1a\x41\x27\x43", "a 2bit genome"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet table"),
    (b"\x93NUMPY", "a numpy array"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a")) + b"\x7f"
_HIGH = bytes(range(128, 256))
_SAMPLE = 65_536
#: Characters of a text, from its first that is not white space, by which it is told.
HEAD = 4_096

_FASTA_WANTED = "give FASTA or bare sequence as plain text, or as text packed with gzip"


def binary_kind(data: bytes | bytearray) -> str | None:
    """Return what binary kind ``data`` is, or None when it may be text."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"PK\x03\x04"):
        head = data[:_SAMPLE]
        if b"xl/" in head:
            return "an Excel workbook (xlsx)"
        if b"word/" in head:
            return "a Word document (docx)"
        return "a zip archive"
    if data[257:262] == b"ustar":
        return "a tar archive"
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return "UTF-16 or UTF-32 text"
    sample = data[:_SAMPLE]
    if len(sample) >= 8 and 0 in sample:
        # Plain letters in UTF-16 without a mark: every other byte is NUL.
        half = len(sample) // 2
        if max(sample[0::2].count(0), sample[1::2].count(0)) > 0.8 * half > sample.count(0) / 2:
            return "UTF-16 or UTF-32 text"
    control = len(sample) - len(sample.translate(None, _CONTROLS))
    high = len(sample) - len(sample.translate(None, _HIGH))
    if control > 0.3 * len(sample) or (control + high > 0.3 * len(sample) and not _is_utf8(sample)):
        return "a binary file of a kind that is not known here"
    return None


def _is_utf8(sample: bytes | bytearray) -> bool:
    # The sample may cut a character in two: that is no sign of another encoding.
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(sample) == _SAMPLE and error.start > len(sample) - 4
    return True


def binary_sentence(kind: str, what: str) -> str:
    """Return the sentence for binary ``kind``; ``what`` names the input."""
    if kind.startswith("UTF-16"):
        remedy = "save it as UTF-8 (plain text) and give that"
    elif kind.endswith((" archive", "bzip2 file", "xz file", "Zstandard file", "(.Z) file")):
        remedy = f"unpack it and {_FASTA_WANTED}"
    elif any(word in kind for word in ("workbook", "document", "image")):
        remedy = f"copy the sequences out of it and {_FASTA_WANTED}"
    else:
        remedy = _FASTA_WANTED
    return f"{what} is {kind}, not FASTA; {remedy}"


_VARIANTS = (
    "variants are read out of a genome on the page Variants, or by the command variants; for "
    "sequences give the DNA itself as FASTA"
)
_REGIONS = (
    "regions and genes are read out of a genome on the page Regions, or by the command regions; "
    "for sequences give the DNA itself as FASTA"
)
_GENES = (
    "genes are read out of a genome and its annotation, in the tab Gene of the page Regions or by "
    "the command regions; for sequences give the DNA itself as FASTA"
)
_PLACE = "variants are read on the page Variants by place and letters, as in chr8-140300616-T-G"
_EXPORT = "export it as FASTA (a line '>name', then the bases) and give that"

# A typed variant needs its contig to be told from letters with numbers and gaps.
_CONTIG = r"(?:chr\w{1,30}|\d{1,2}|[XYM]|MT)"
_ALLELES = r"[ACGTNacgtn]+[ \t>/:_-]{1,3}[ACGTNacgtn]"

#: What the text begins with (blank space skipped) -> kind, remedy. First match counts; every
#: pattern is anchored and runs over at most one line, so the time is linear.
_TEXTS: tuple[tuple[str, str, str], ...] = (
    (r"<", "an HTML or XML page", "download the FASTA file itself, not the page around it"),
    (r"LOCUS\s", "a GenBank record", _EXPORT),
    (r"ID   \S", "an EMBL record", _EXPORT),
    (r"##fileformat=VCF|#CHROM\t", "a VCF file (variants)", _VARIANTS),
    (r"[^\s>]+\t\d+\t\S+\t[ACGTNacgtn]+\t", "a VCF file (variants)", _VARIANTS),
    (rf"[\w.]{{1,40}} ?: ?\d[\d,]{{0,14}}[ :_-]?{_ALLELES}", "a variant", _VARIANTS),
    (rf"{_CONTIG}[-_]\d[\d,]{{0,14}}[-_]{_ALLELES}", "a variant", _VARIANTS),
    (rf"(?:chr\w{{1,30}}[ \t]+|{_CONTIG}\t)\d{{1,12}}[ \t]+{_ALLELES}", "a variant", _VARIANTS),
    (r"[^\s:>]{1,100}: ?g\.", "a variant (HGVS)", _VARIANTS),
    (
        r"[^\s:>]{1,100}: ?[cmnpr]\.",
        "a variant of a transcript or protein (HGVS)",
        f"{_PLACE}, or as genomic HGVS (g.)",
    ),
    (
        r"[Rr][Ss]\d{3,12}(?:[\s,;]|\Z)",
        "an rs number",
        f"{_PLACE}; no database is asked where an rs number lies",
    ),
    (r"##gff|#!genome-build|#gtf", "a GFF or GTF file (annotation)", _REGIONS),
    (r"(?:\S+\t){3}\d+\t\d+\t", "a GFF or GTF file (annotation)", _REGIONS),
    (r"track\s|browser\s", "a BED or track file (coordinates)", _REGIONS),
    (r"[^\s>]+\t\d+\t\d+(?:\s|\Z)", "a BED file (coordinates)", _REGIONS),
    (r"[A-Za-z][\w.]* +\d+ +\d+(?:\s|\Z)", "a BED file (coordinates)", _REGIONS),
    (r"[A-Za-z]?[\w.]{0,40}:[\d,]+(?:(?:-|\.\.|\u2013)[\d,]+|\s|\Z)", "a genome region", _REGIONS),
    (r"@(?:HD|SQ|RG|PG|CO)\t", "a SAM file (aligned reads)", _EXPORT),
    (r"@", "a FASTQ file (reads with qualities)", f"leave the qualities out: {_EXPORT}"),
    (r"CLUSTAL|#NEXUS|# STOCKHOLM", "an alignment file", _EXPORT),
    (r"MEME version", "a MEME motif file", "give the sequences, not the motifs, as FASTA"),
    (r"[{\[]", "a JSON file", _EXPORT),
    (r"[^\n,]*,[^\n,]", "a comma-separated table", _EXPORT),
    (
        r"[ACGTUNRYSWKMBDHVacgtunryswkmbdhv.*\-\d\s]*+[^\n\t]++\t",
        "a tab-separated table",
        _EXPORT,
    ),
)
_TEXT_PATTERNS = tuple((re.compile(pattern), kind, remedy) for pattern, kind, remedy in _TEXTS)


# One word a person types for a gene: a symbol (RHO, NKX2-5), or an id of a gene or transcript.
_SYMBOL = re.compile(
    r"(?![Rr][Ss]\d{3})[A-Za-z][A-Za-z0-9]{1,9}(?:-[A-Za-z0-9]{1,4})?"
    r"|(?:ENS[A-Z]{1,6}\d{6,15}|[NX][MR]_\d{4,12})(?:\.\d{1,3})?"
)
_COMMENT = re.compile(r"[\r\n];")
_CODES = frozenset("ACGTUNRYSWKMBDHV-")


def genes(head: str) -> int:
    """Return how many names of genes the text is, 0 where it is anything else.

    Words that DNA could be (CAT, TTN) are names only among others that it could not, or where
    ambiguity codes outnumber bases (MYC, KRAS): such letters are read as no sequence either.
    The last word of a head that is full may be cut, and is left out.

    Parameters
    ----------
    head : str
        As ``text_sentence`` takes it.
    """
    cut = len(head) >= HEAD
    words = re.split(r"[\s,;]+", head.lstrip(" \t\n,;"))
    if cut or not words[-1]:
        words.pop()
    if not all(_SYMBOL.fullmatch(word) for word in words):
        return 0
    if len(words) > 1 and not all(
        word[0].isupper() and (len(word) < 10 or not word.isalpha()) for word in words
    ):
        return 0  # prose, or protein in blocks
    letters = [letter for letter in "".join(words).upper() if letter.isalpha()]
    bases = sum(letter in "ACGTUN" for letter in letters)
    numbered = len(words) == 1 and any(letter.isdigit() for letter in words[0])  # GATA1
    foreign = not _CODES.issuperset(letters) and bases < 0.8 * len(letters)
    # Further on there may be bases, and comments are not counted as letters.
    codes = not cut and not _COMMENT.search(head) and len(letters) > 2 * bases
    return len(words) if numbered or foreign or codes else 0


def _told(head: str) -> tuple[str, str] | None:
    """Return what kind of text this is that is neither FASTA nor bare sequence, and a remedy."""
    if head.startswith((">", ";")):
        return None
    if n := genes(head):
        return "the name of a gene or another word" if n == 1 else "names of genes", _GENES
    for pattern, kind, remedy in _TEXT_PATTERNS:
        if pattern.match(head):
            return kind, remedy
    return None


def text_sentence(head: str, what: str) -> str | None:
    """Return the sentence for text that is neither FASTA nor bare sequence, or None.

    Parameters
    ----------
    head : str
        The first few thousand characters, beginning with one that is not white space.
    what : str
        The input in words, for the sentence.
    """
    told = _told(head)
    return None if told is None else f"{what} looks like {told[0]}, not FASTA; {told[1]}"


def reader(head: str) -> str:
    """Return 'regions' or 'variants' for text that is read out of a genome, else ''.

    Parameters
    ----------
    head : str
        As ``text_sentence`` takes it.
    """
    told = _told(head)
    pages = {_REGIONS: "regions", _GENES: "regions", _VARIANTS: "variants"}
    return "" if told is None else pages.get(told[1], "")

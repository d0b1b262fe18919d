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
_EXPORT = "export it as FASTA (a line '>name', then the bases) and give that"

#: What the text begins with (blank space skipped) -> kind, remedy. First match counts; every
#: pattern is anchored and runs over at most one line, so the time is linear.
_TEXTS: tuple[tuple[str, str, str], ...] = (
    (r"<", "an HTML or XML page", "download the FASTA file itself, not the page around it"),
    (r"LOCUS\s", "a GenBank record", _EXPORT),
    (r"ID   \S", "an EMBL record", _EXPORT),
    (r"##fileformat=VCF|#CHROM\t", "a VCF file (variants)", _VARIANTS),
    (r"[^\s>]+\t\d+\t\S+\t[ACGTNacgtn]+\t", "a VCF file (variants)", _VARIANTS),
    (r"##gff|#!genome-build|#gtf", "a GFF or GTF file (annotation)", _REGIONS),
    (r"(?:\S+\t){3}\d+\t\d+\t", "a GFF or GTF file (annotation)", _REGIONS),
    (r"track\s|browser\s", "a BED or track file (coordinates)", _REGIONS),
    (r"[^\s>]+\t\d+\t\d+(?:\s|\Z)", "a BED file (coordinates)", _REGIONS),
    (r"[A-Za-z][\w.]* +\d+ +\d+(?:\s|\Z)", "a BED file (coordinates)", _REGIONS),
    (r"[A-Za-z]?[\w.]{0,40}:[\d,]+(?:-|\.\.)[\d,]+", "a genome region", _REGIONS),
    (r"@(?:HD|SQ|RG|PG|CO)\t", "a SAM file (aligned reads)", _EXPORT),
    (r"@", "a FASTQ file (reads with qualities)", f"leave the qualities out: {_EXPORT}"),
    (r"CLUSTAL|#NEXUS|# STOCKHOLM", "an alignment file", _EXPORT),
    (r"MEME version", "a MEME motif file", "give the sequences, not the motifs, as FASTA"),
    (r"[{\[]", "a JSON file", _EXPORT),
    (r"[^\n,]*,[^\n,]", "a comma-separated table", _EXPORT),
)
_TEXT_PATTERNS = tuple((re.compile(pattern), kind, remedy) for pattern, kind, remedy in _TEXTS)


def text_sentence(head: str, what: str) -> str | None:
    """Return the sentence for text that is neither FASTA nor bare sequence, or None.

    Parameters
    ----------
    head : str
        The first few thousand characters, beginning with one that is not white space.
    what : str
        The input in words, for the sentence.
    """
    if head.startswith((">", ";")):
        return None
    for pattern, kind, remedy in _TEXT_PATTERNS:
        if pattern.match(head):
            return f"{what} looks like {kind}, not FASTA; {remedy}"
    return None


def reader(head: str) -> str:
    """Return 'regions' or 'variants' for text that is read out of a genome, else ''.

    Parameters
    ----------
    head : str
        As ``text_sentence`` takes it.
    """
    if head.startswith((">", ";")):
        return ""
    remedy = next((made for found, _, made in _TEXT_PATTERNS if found.match(head)), "")
    return {_REGIONS: "regions", _VARIANTS: "variants"}.get(remedy, "")

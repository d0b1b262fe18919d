"""Inputs that people send by mistake, each with a fragment of the sentence it must get.

Shared by the tests of gexp_core.inputs, of the command line and of the app. All are made here from
letters and numbers; none is a file of anyone's.
"""

import gzip
from dataclasses import dataclass

GOOD = b">good\nACGTACGTACGTTAATCC\n"


@dataclass(frozen=True, slots=True)
class Malformed:
    """Hold one input: what to call it, its bytes, what its sentence must contain."""

    name: str
    data: bytes
    says: str
    filename: str = "input.fa"


@dataclass(frozen=True, slots=True)
class Partly:
    """Hold one input with ``kept`` good records and a sentence about a bad one."""

    name: str
    data: bytes
    says: str
    kept: int = 1


@dataclass(frozen=True, slots=True)
class Changed:
    """Hold one input that is read in full with a Change of ``kind``, ``count`` and sentence."""

    name: str
    data: bytes
    kind: str
    count: int
    says: str


def _bomb() -> bytes:
    """Return 1 MB of gzip that unpacks to 1 GB, made of 1,000 equal members."""
    return gzip.compress(b">bomb\n") + gzip.compress(bytes(1_000_000), 9, mtime=0) * 1_000


def _claiming() -> bytes:
    """Return gzip of a few bytes whose trailer claims 1 GB."""
    return gzip.compress(GOOD, mtime=0)[:-4] + (1_000_000_000).to_bytes(4, "little")


def _flipped() -> bytes:
    """Return gzip with one wrong bit in its checksum."""
    packed = bytearray(gzip.compress(GOOD, mtime=0))
    packed[-8] ^= 1
    return bytes(packed)


_PROTEIN = b"MEKLFPWQIVDERLSNAYHQGTELPKFIEWMKTAYIAKQRQISFVKSHFSRQ"
_FASTQ = b"@read1\nACGTACGT\n+\nIIIIIIII\n"
_GENBANK = b"LOCUS       X1  18 bp  DNA\nORIGIN\n        1 acgtacgtac gttaatcc\n//\n"
_VCF = (
    b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n1\t5\t.\tA\tG\t.\t.\t.\n"
)

#: Inputs without one good record: InputError with the sentence.
MALFORMED = (
    Malformed("empty", b"", "no sequence was given"),
    Malformed("white space only", b" \n\t\r\n\n", "no sequence was given"),
    Malformed("comments only", b"; a\n;b\n", "no sequence was given"),
    Malformed("header only", b">lonely\n", "'lonely' has a header but no sequence"),
    Malformed("bare header sign", b">", "'sequence_1' has a header but no sequence"),
    Malformed("NUL bytes", b">nul\nACGT\0ACGT\n", "'nul' has a NUL byte at position 5"),
    Malformed("only NUL bytes", bytes(100), "a binary file"),
    Malformed("PNG image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image", "gel.png"),
    Malformed("PDF document", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj", "a PDF document", "paper.pdf"),
    Malformed("zip archive", b"PK\x03\x04\x14\0seqs.fa", "a zip archive", "seqs.zip"),
    Malformed("Excel workbook", b"PK\x03\x04\x14\0xl/workbook.xml", "an Excel workbook", "s.xlsx"),
    Malformed("bzip2", b"BZh91AY&SY\x1d", "a bzip2 file", "s.fa.bz2"),
    Malformed("unknown binary", bytes(range(256)) * 4, "a binary file of a kind"),
    Malformed("UTF-16 with mark", GOOD.decode().encode("utf-16"), "UTF-16"),
    Malformed("UTF-16 without mark", GOOD.decode().encode("utf-16-le"), "UTF-16"),
    Malformed("UTF-32", GOOD.decode().encode("utf-32"), "UTF-32"),
    Malformed("HTML page", b"<!DOCTYPE html>\n<pre>\n>a\nACGT\n</pre>", "an HTML or XML page"),
    Malformed("FASTQ", _FASTQ, "a FASTQ file"),
    Malformed("GenBank", _GENBANK, "a GenBank record"),
    Malformed("VCF", _VCF, "a VCF file"),
    Malformed("VCF rows", b"chr1\t5\t.\tA\tG\t.\t.\t.\n", "a VCF file"),
    Malformed("BED", b"chr1\t100\t264\tpeak\nchr2\t5\t169\n", "a BED file"),
    Malformed("GFF", b"##gff-version 3\nchr1\t.\tgene\t1\t9\t.\t+\t.\tID=a\n", "a GFF or GTF file"),
    Malformed("SAM", b"@HD\tVN:1.6\n", "a SAM file"),
    Malformed("region", b"chr7:1,000-1,164\n", "a genome region"),
    Malformed("table of three", b"name,x,sequence\na,1,ACGT\n", "a comma-separated table"),
    Malformed("rows of three", b"a_1\t0.5\tACGTACGT\n", "a tab-separated table"),
    Malformed("table without rows", b"name\tsequence\n", "has a header ('name sequence')"),
    Malformed("gene", b"RHO\n", "looks like the name of a gene or another word"),
    Malformed("genes", b"GATA4, CRX\nNRL\n", "looks like names of genes"),
    Malformed("rs number", b"rs7412", "no database is asked where an rs number lies"),
    Malformed("typed variant", b"chr8-140300616-T-G", "looks like a variant"),
    Malformed("JSON", b'{"sequence": "ACGT"}', "a JSON file"),
    Malformed("protein", b">p1\n" + _PROTEIN, "'p1' looks like protein, not DNA"),
    Malformed("bare protein", _PROTEIN, "looks like protein, not DNA"),
    Malformed("motif", b">m\nRYSWKMACG\n", "'m' has more ambiguity codes (6) than bases (3)"),
    Malformed("prose", b"Dear all! Zoom today?", "has 'e' at position 2"),
    Malformed("wrong letter", b">a d\nACGT\nACZT\n", "'a' has 'Z' at position 7 (1-based, line 3"),
    Malformed("masked with X", b">a\nACGTXXXXXACGT\n", "write N for a masked or unknown base"),
    Malformed("not ASCII", ">é\nACGTéACGT\n".encode(), "has 'é' (not ASCII, U+00E9) at position 5"),
    Malformed("Latin-1 letter", b">a\nACGTACGTACGTACGT\xe9A\n", "'a' has 'é'"),
    Malformed("header inside a line", b">a\nACGT>b\nACGT\n", "'a' has '>' at position 5"),
    Malformed("digit between letters", b">a\nACGT7ACGT\n", "'a' has the digit '7' at position 5"),
    Malformed("only N", b">n\nNNNNnnnn\n", "'n' has no known base"),
    Malformed("only gaps", b">g\n----....**\n", "'g' has only gaps or numbers"),
    Malformed("only numbers", b">q\n40 40 38 2\n", "'q' has only gaps or numbers"),
    Malformed("truncated gzip", gzip.compress(GOOD * 50, mtime=0)[:-12], "gzip that is cut short"),
    Malformed("gzip of nothing but its magic", b"\x1f\x8b", "gzip that is cut short"),
    Malformed("damaged gzip", _flipped(), "gzip that is damaged"),
    Malformed("gzip that claims 1 GB", _claiming(), "gzip that is damaged"),
    Malformed("gzip of 1 GB", _bomb(), "unpacks to more than 50 MB"),
    Malformed("gzip inside gzip", gzip.compress(gzip.compress(GOOD)), "gzip inside gzip"),
    Malformed("gzip and then something", gzip.compress(GOOD) + b"tail", "followed by other bytes"),
    Malformed("image in gzip", gzip.compress(b"\x89PNG\r\n\x1a\n"), "in 'input.fa' is a PNG"),
    Malformed("empty gzip", gzip.compress(b""), "no sequence was given"),
    Malformed("too many records", b">a\nACGT\n" * 2_001, "more than 2,000 records"),
    Malformed("too long a record", b">a\n" + b"A" * 200_001, "'a' has 200,001 letters, more than"),
    Malformed("too many bases", b"".join(b">%d\n%s\n" % (i, b"A" * 200_000) for i in range(26)),
              "more than 5,000,000 bases in all"),
    Malformed("too large a file", b">a\n" + b"A" * 10_000_000, "larger than 10 MB"),
)  # fmt: skip

#: Inputs with good records and bad ones: the good are kept, the bad get the sentence.
PARTLY = (
    Partly("protein among DNA", GOOD + b">p1\n" + _PROTEIN, "'p1' looks like protein"),
    Partly("header without sequence", b">none\n" + GOOD, "'none' has a header but no sequence"),
    Partly("sequence before the first header", b"ACGTACGT\n" + GOOD, "before the first header"),
    Partly("wrong letter in one", GOOD + b">b\nACGT!\n>c\nA", "'b' has '!' at position 5", 2),
    Partly("NUL byte in one", GOOD + b">b\nAC\0GT\n", "'b' has a NUL byte at position 3"),
    Partly("bad twin of a good name", GOOD + b">good\nACGTX\n", "'good_2' has 'X' at position 5"),
    Partly("one too long", GOOD + b">big\n" + b"A" * 200_001, "'big' has 200,001 letters"),
    Partly("a row of three", b"good\tACGTACGTACGTTAATCC\nb\tx\tACGT\n", "line 2 has not two"),
    Partly("wrong letter in a row", b"good,ACGTACGTACGTTAATCC\nb,ACZT\n", "'b' has 'Z'"),
    Partly("all N among DNA", GOOD + b">n\nNNNN\n", "'n' has no known base"),
)  # fmt: skip

#: Inputs that are read in full, with a change that must be counted.
CHANGED = (
    Changed("duplicate names", GOOD + GOOD, "name repeated", 1, "renamed 'good_2'"),
    Changed("identical sequences", GOOD + b">b\nacgtacgtacgttaatcc", "identical", 1, "'good'"),
    Changed("no name", b">\nACGT\n", "name filled", 1, "'sequence_1'"),
    Changed("bare sequence", b"ACGT\nACGT\n", "name filled", 1, "all 2 lines"),
    Changed("long name", b">" + b"n" * 130 + b"\nACGT\n", "name shortened", 30, "100 characters"),
    Changed(
        "control characters in a name", b">a\x1b[31m\x07b\nACGT", "name cleaned", 2, "2 unprint"
    ),
    Changed("lower case", b">a\nACgtn\n", "lower case", 3, "3 lower-case letters"),
    Changed("RNA", b">a\nACGUu\n", "U to T", 2, "2 U read as T"),
    Changed("IUPAC", b">a\nACGTRYyACGT\n", "IUPAC to N", 3, "(1 R, 2 Y)"),
    Changed("N", b">a\nACGTNn\n", "N", 2, "2 N kept"),
    Changed("gaps", b">a\nAC--GT.A*\n", "gap", 4, "4 gap characters (- . *)"),
    Changed("spaces", b">a\nAC GT\t\xc2\xa0A \n", "white space", 4, "4 white-space characters"),
    Changed("numbering", b"  1 acgt acgt\n 61 acgt\n", "numbering", 3, "3 digits"),
    Changed(
        "table", b"id\tsequence\na b\tACGT\nc\tGGTT\n", "table", 2, "name and sequence with tabs"
    ),
    Changed("comments", b">a\n; note ZZZ\nACGT\n;\n", "comment", 2, "2 comment lines"),
    Changed(
        "Latin-1 header", b">a caf\xe9 in a long description\nACGTACGT", "encoding", 1, "Latin-1"
    ),
)

#: Inputs that look odd and are right: read in full without any change; name -> bytes, names.
FINE = {
    "HTML in a header": (b"><b>x</b><script>alert(1)</script>\nACGT\n",
                         ("<b>x</b><script>alert(1)</script>",)),
    "byte-order mark": (b"\xef\xbb\xbf>a\nACGT\n\xef\xbb\xbf>b\nACGG", ("a", "b")),
    "old Macintosh line ends": (b">a\rACGT\r>b\rACGG\r", ("a", "b")),
    "Windows line ends": (b">a\r\nACGT\r\n\r\n>b\r\nACGG\r\n", ("a", "b")),
    "indented header": (b"  >a text\nACGT\n", ("a",)),
    "space after the sign": (b"> a text\nACGT\n", ("a",)),
    "gzip in several members": (gzip.compress(b">a\nAC") + gzip.compress(b"GT\n"), ("a",)),
    "gzip with padding": (gzip.compress(b">a\nACGT\n") + bytes(512), ("a",)),
    "Unicode name": (">αβγ\nACGT\n".encode(), ("αβγ",)),
}  # fmt: skip

"""Zip archives that repeat byte for byte, and file names that are safe to unpack anywhere."""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from gexp_core.errors import InputError

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
_MODE = 0o100644 << 16  # a plain file, its owner may write, everyone may read
_LEVEL = 6
#: Strand -> what it is called in the name of a file.
STRANDS = {"+": "plus", "-": "minus"}
#: the sign of a strand: of a place (chr1:5-9:-, chr1:5-9(+)), or behind a word (CN1+ minus CN2-)
_SIGN = re.compile(r"(?:[:(]|(?<=[^\s:(+-]))([+-])(?=[\s),;/]|$)\)?|\s([+-])$")
#: names that Windows keeps for devices, whatever their ending
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def bundle(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of ``files`` (path with ``/`` -> bytes), the same bytes each time.

    Names are sorted, dates are 1980-01-01, permissions and compression level are fixed.

    Raises
    ------
    InputError
        A path is absolute, climbs with ``..`` or holds a backslash, a colon or a control character.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(files):
            steps = {"", ".", ".."} & set(name.split("/"))
            if steps or re.search(r"[\\:\x00-\x1f\x7f]", name):
                raise InputError(f"{name!r} is no name for a file in an archive; use safe_names")
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix on every machine, so that the bytes agree
            entry.external_attr = _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, _LEVEL)
    return file.getvalue()


def safe_name(name: str, gap: str = "_", longest: int = 40) -> str:
    """Return what a name is called in a file's: ASCII letters, digits and ``. _ -``; may be ''.

    Anything else becomes ``gap``, the sign of a strand a word; leading and trailing dots and dashes
    go. A name that is too long keeps both ends, with six digits (hexadecimal) of its own
    between them.

    Examples
    --------
    >>> safe_name("chr1:9,881-10,000:-")
    'chr1_9_881-10_000_minus'
    >>> safe_name("CN1+ minus CN2-", "-")
    'CN1-plus-minus-CN2-minus'
    """
    text = _SIGN.sub(lambda sign: f" {STRANDS[sign[1] or sign[2]]}", name.strip())
    text = re.sub(r"[^A-Za-z0-9._-]+", gap, text)
    text = re.sub(r"\.{2,}", ".", text).strip("._-")
    if len(text) <= longest:
        return text
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    return text[: longest - 16] + gap + mark + gap + text[-8:]


def safe_names(names: Sequence[str], longest: int = 40) -> list[str]:
    """Return one file name stem per name, as of :func:`safe_name`; unique; bounded; never ''.

    Two that would be equal (also on systems that ignore case) are told apart by a number.
    """
    taken: set[str] = set()
    out = []
    for name in names:
        stem = safe_name(name, longest=longest) or "sequence"
        if stem.split(".")[0].lower() in _DEVICES:
            stem = f"_{stem}"[:longest]
        made, n = stem, 1
        while made.lower() in taken:
            n += 1
            tail = f"_{n}"
            made = stem[: longest - len(tail)] + tail
        taken.add(made.lower())
        out.append(made)
    return out

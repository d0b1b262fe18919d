"""Zip archives that repeat byte for byte, and file names that are safe to unpack anywhere."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

from gexp_core.errors import InputError

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
_MODE = 0o100644 << 16  # a plain file, its owner may write, everyone may read
_LEVEL = 6
#: the strand that the name of a place ends with: chr1:5-9:-, chr1:5-9(+)
_STRAND = re.compile(r"[:(]([+-])\)?\s*$")
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


def strand_word(name: str) -> tuple[str, str]:
    """Return a name without the strand that it ends with, and that strand as a word; else ''.

    In a file's name the two signs would be the same: one that is left out.

    Examples
    --------
    >>> strand_word("chr1:9,881-10,000:-")
    ('chr1:9,881-10,000', 'minus')
    """
    found = _STRAND.search(name)
    if found is None:
        return name, ""
    return name[: found.start()], "plus" if found[1] == "+" else "minus"


def safe_names(names: Sequence[str], longest: int = 40) -> list[str]:
    """Return one file name stem per name: ASCII letters, digits and ``. _ -``; unique; bounded.

    Anything else becomes ``_``, the sign of a strand at the end a word; leading and trailing dots
    and dashes go; two that would be equal (also on systems that ignore case) are told apart by a
    number.
    """
    taken: set[str] = set()
    out = []
    for name in names:
        bare, strand = strand_word(name)
        end = f"_{strand}" if strand else ""
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", bare)
        stem = re.sub(r"\.{2,}", ".", stem)[: longest - len(end)].strip("._-") or "sequence"
        if (stem + end).split(".")[0].lower() in _DEVICES:
            stem = f"_{stem}"[: longest - len(end)]
        made, n = stem + end, 1
        while made.lower() in taken:
            n += 1
            tail = f"_{n}{end}"
            made = stem[: longest - len(tail)] + tail
        taken.add(made.lower())
        out.append(made)
    return out

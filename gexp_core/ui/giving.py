"""How sequences are given: pasted, uploaded, or taken from an example.

Owns the three ways in. Reading, counting and limits are ``gexp_core.inputs``'s; here they are
called from widget callbacks, so that the whole page, sidebar included, sees the new sequences.
"""

from collections.abc import Callable

import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.inputs import (
    APP_LIMITS,
    Example,
    examples,
    limits_sentence,
    read_bytes,
    read_example,
)
from gexp_core.inputs import read_text as parse
from gexp_core.inputs.detect import HEAD, genes, reader
from gexp_core.inputs.gene_names import MAX_TEXT
from gexp_core.models import registry
from gexp_core.types import InputCheck
from gexp_core.ui import choice, frame, show, tray, uploads, workspace
from gexp_core.ui.drafts import LAID, keep_drafts

_ELSEWHERE = "_given_elsewhere"
_ASIDE = "_given_aside"
_GENE = "gene"  # the box for names of genes on the page Regions
_TABS = {_GENE: "Gene", "pasted_regions": "Type or paste"}  # of the page Regions
_TOLD = 40  # letters shown of another list
_PLACEHOLDER = """>my_enhancer
TTGGCTAATCCCTTAGGATTAGTCAGCATGCTGACTCAGCAAATTACGGGATTAAGCC
>my_control
AGCATGACCGTTTAGCATACCGATTTTAGGACCATTATCGGACATTTTAGCAGGATCA"""


def _take(read: Callable[[], InputCheck], source: str) -> None:
    """Read, and start new work with what was read; on a problem the old work stays."""
    workspace.keep(_ELSEWHERE, "")
    workspace.keep(_ASIDE, "")
    try:
        workspace.begin(read(), source)
    except GexpError as error:
        workspace.refuse(error)


def _take_pasted() -> None:
    text = workspace.setting("pasted", "")
    if not text.strip():
        workspace.refuse(InputError("nothing was pasted; paste FASTA records or bare DNA letters"))
        return
    _take(lambda: parse(text), "pasted text")
    _elsewhere(text)


def _elsewhere(text: str, *, whole: bool = True) -> None:
    """Remember where coordinates are read that were given as letters; lay pasted ones there.

    Where that page's box holds another text, they wait for the visitor's word.
    """
    page = reader(_head(text)) if workspace.refused() else ""
    workspace.keep(_ELSEWHERE, page)
    if not (page and whole):
        return
    box = _box(page, text)
    if box == _GENE:
        text = " ".join(text.split())  # the box has one line
        if len(text) > MAX_TEXT:
            workspace.keep(_ELSEWHERE, "")  # it cannot be laid there
            return
    tray.recall(box)
    there = str(workspace.setting(box, "") or "").strip()
    if there and there != text.strip():
        workspace.keep(_ASIDE, text)
    else:
        _lay(box, text)


def _lay(box: str, text: str) -> None:
    """Put a text into another page's box; the page Regions shows that box then."""
    tray.keep_text(box, text)
    if box in _TABS:
        workspace.keep(LAID, _TABS[box])


def _head(text: str) -> str:
    """Return what a text is told by."""
    return text.lstrip()[:HEAD]


def _box(page: str, text: str) -> str:
    """Return the key of the box that reads a text on another page."""
    return _GENE if page == "regions" and genes(_head(text)) else f"pasted_{page}"


def _replace(page: str) -> None:
    """Lay what was pasted on the page that reads it, in the place of what its box holds."""
    text = str(workspace.setting(_ASIDE, ""))
    _lay(_box(page, text), text)
    workspace.keep(_ASIDE, "")


def _start(text: str) -> str:
    """Return what tells one line from others: its first letters."""
    return text if len(text) <= _TOLD else f"{text[:_TOLD]}..."


def _offer(page: str) -> None:
    """Offer the page that reads what was given, or first to lay it there."""
    label = frame.entry(page).title
    if aside := str(workspace.setting(_ASIDE, "")):
        box = _box(page, aside)
        where = f"{'tab Gene of the ' * (box == _GENE)}page {label}"
        there = " ".join(str(workspace.setting(box, "") or "").split())
        show.note(
            f"The {where} still holds a list of its own ({_start(there)}), so this was not put "
            "there."
        )
        st.button(
            f"Replace the list on the {where} with it",
            key="given_replace",
            on_click=_replace,
            args=(page,),
        )
        frame.link(page, f"See the list on the {where}")
        return
    frame.link(page, f"Read it on the page {label}")


def _take_upload() -> None:
    file = uploads.given("upload")
    if file is not None:
        _take(lambda: read_bytes(file.getvalue(), filename=file.name), file.name)
    if isinstance(file, uploads.Upload):
        _elsewhere(file.getvalue()[: 2 * HEAD].decode("utf-8", "replace"), whole=False)


def take_example(key: str) -> None:
    """Begin with the example called ``key``; call it from a widget's callback.

    Where it is made for one model, that model and its track are chosen too.
    """
    example = _example(key)
    _take(lambda: read_example(key), source_of(key))
    if example.model in registry.offered():
        choice.choose("model", example.model)
        choice.choose("track", example.track)


def source_of(key: str) -> str:
    """Return what a piece of work that begins with the example ``key`` is said to be read from."""
    return f"example: {_example(key).title}"


def _example(key: str) -> Example:
    return next(one for one in examples() if one.key == key)


def lost_work() -> None:
    """Say so when the address names work that is no longer here."""
    if workspace.lost():
        st.warning(
            "The work that this address names is no longer held here: the server was restarted, or "
            "needed the room. Give the sequences again.",
            icon=":material/link_off:",
        )


def sequences() -> None:
    """Draw the three ways in, with the limits, and the problem with what was given last."""
    space = workspace.current()
    given = space is not None
    if not given:
        st.markdown(
            "gexp asks trained networks what a stretch of DNA does. Give sequences here; then "
            "**Predict** says how active each one is, **Why** which bases make it so, **What if** "
            "what every single-base change would do, and **Take away** keeps it all as files. The "
            "**Workbench** lays all of it over one sequence, and lets you change it and see what "
            "happens. Coordinates, genes and variants of a genome are read on **Regions** and "
            "**Variants**."
        )
    label = "Give other sequences" if given else "Give sequences"
    # another box for other sequences, closed: what was read of them comes into sight
    key = "" if space is None else space.token
    with st.expander(label, expanded=not given, icon=":material/input:", key=f"give_{key}"):
        _ways_in()
    error = workspace.refused()
    if error is not None:
        show.problem(error)
        if page := workspace.setting(_ELSEWHERE, ""):
            _offer(page)
        if given:
            st.caption("Nothing was read from it; the sequences below are those from before.")


def _ways_in() -> None:
    upload, paste = st.tabs(["Upload a file", "Paste"])
    with upload:
        st.file_uploader(
            "FASTA file, a table of names and sequences, or DNA letters; plain or gzip",
            key="upload",
            on_change=_take_upload,
            help="One file. Line endings, wrapping, lower case and blank lines do not matter.",
        )
    with paste, st.form("paste", border=False, enter_to_submit=False):
        st.text_area(
            "FASTA records, two columns (name, sequence) or bare DNA letters",
            key="pasted",
            height=180,
            placeholder=_PLACEHOLDER,
            max_chars=APP_LIMITS.max_bytes,
            persist_state="session",
            help="Two columns, name and sequence, may have a tab, comma or semicolon between, and "
            "a header (name, sequence) above. Any other text without a line that begins with > is "
            "read as one sequence.",
        )
        st.form_submit_button("Read sequences", type="primary", on_click=_take_pasted)
    st.caption(limits_sentence(APP_LIMITS))
    keep_drafts("pasted")
    st.markdown("**Or take an example**")
    _examples()


def _examples() -> None:
    for example in examples():
        # one below the other in a narrow window, where a button beside it would lose its name
        row = st.container(horizontal=True, vertical_alignment="center")
        row.button(
            example.title,
            key=f"example_{example.key}",
            on_click=take_example,
            args=(example.key,),
            width=380,
            help="Read this example in place of the present sequences.",
        )
        row.container(width=520).caption(example.lesson)

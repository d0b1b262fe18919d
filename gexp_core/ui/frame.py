"""What every page has: its place in the order of work, its title, its way on, its way back.

Owns the table of pages.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from gexp_core.ui import workspace

_FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """Describe one page: file stem, title, path in the address, and one sentence."""

    key: str
    title: str
    path: str
    icon: str
    sentence: str


_PAGES = (
    Entry(
        "sequences",
        "Sequences",
        "sequences",
        ":material/input:",
        "Give DNA and see exactly what was read.",
    ),
    Entry(
        "regions",
        "Regions",
        "regions",
        ":material/pin_drop:",
        "From coordinates or a gene to the letters that the model reads.",
    ),
    Entry(
        "predict",
        "Predict",
        "predict",
        ":material/monitoring:",
        "What the model expects each sequence to do.",
    ),
    Entry(
        "why",
        "Why",
        "why",
        ":material/troubleshoot:",
        "Which bases made the model say so.",
    ),
    Entry(
        "what_if",
        "What if",
        "what-if",
        ":material/genetics:",
        "What every single-base change would do.",
    ),
    Entry(
        "genome",
        "Genome view",
        "genome",
        ":material/linear_scale:",
        "Everything that was made of a sequence, in its place on the genome.",
    ),
    Entry(
        "workbench",
        "Workbench",
        "workbench",
        ":material/biotech:",
        "See every row over one sequence, change it, and watch the prediction answer.",
    ),
    Entry(
        "attention",
        "Attention",
        "attention",
        ":material/hub:",
        "What a model with attention read from where, beside what changes do.",
    ),
    Entry(
        "variants",
        "Variants",
        "variants",
        ":material/compare_arrows:",
        "What a change at a place of a genome would do, checked against the genome first.",
    ),
    Entry(
        "motifs",
        "Motifs",
        "motifs",
        ":material/format_list_bulleted:",
        "Which words the model reads, what they are called and where they stand.",
    ),
    Entry(
        "bench",
        "Motif bench",
        "motif-bench",
        ":material/science:",
        "What a motif does where you put it, and what two do together.",
    ),
    Entry(
        "take_away",
        "Take away",
        "take-away",
        ":material/download:",
        "Tables, figures and arrays as files.",
    ),
    Entry(
        "batch",
        "Batch",
        "batch",
        ":material/stacks:",
        "A large file: start it, leave, and come back for its table.",
    ),
    Entry(
        "models",
        "Models",
        "models",
        ":material/menu_book:",
        "What each model is, what its number means and how far to trust it.",
    ),
)


def entry(key: str) -> Entry:
    """Return the page called ``key``."""
    return next(page for page in _PAGES if page.key == key)


def first() -> Entry:
    """Return the page that an address without a path opens."""
    return _PAGES[0]


def _page(key: str) -> st.Page:
    at = entry(key)
    return st.Page(
        _FOLDER / f"{at.key}.py",
        title=at.title,
        icon=at.icon,
        url_path=at.path,
        default=at is first(),
        help=at.sentence,
    )


def pages() -> Sequence[st.Page]:
    """Return all pages for ``st.navigation``."""
    return [_page(at.key) for at in _PAGES]


def paths() -> frozenset[str]:
    """Return the paths of all pages, as they stand in addresses."""
    return frozenset(at.path for at in _PAGES)


#: Whether the router stands around the page that is running.
routed: ContextVar[bool] = ContextVar("routed", default=False)


def title(key: str) -> None:
    """Head the page with its title and its sentence.

    Streamlit takes a folder ``pages`` beside ``app.py`` for its older kind of navigation and may
    run a page alone, until it has seen the newer kind once. The server never does (its script lies
    elsewhere); where it happens, show it the newer kind and run again, router and all.
    """
    if not routed.get():
        st.navigation(pages())
        st.rerun()
    at = entry(key)
    st.title(at.title, anchor=False)
    st.caption(at.sentence)


def link(key: str, label: str) -> None:
    """Offer another page."""
    st.page_link(_page(key), label=label, icon=":material/arrow_forward:")


def needs_sequences(sentence: str) -> None:
    """End the page where no sequences were given: say so, and link to where they are."""
    if workspace.current() is None:
        if workspace.lost():
            sentence = "The work that this address names is no longer held by the server."
        st.info(sentence, icon=":material/info:")
        link("sequences", "Give sequences, or take an example")
        st.stop()


def onward(key: str, label: str) -> None:
    """Close the page with the next step.

    A link, not a button: ``st.switch_page`` refuses while a widget's value is in the address.
    """
    with st.container(border=True, width="content"):
        link(key, f"**{label}**")

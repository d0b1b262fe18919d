"""Text that is typed and not sent yet: kept in the visitor's browser, so that a reload keeps it.

Owns the component ``keep_drafts``: what to keep here, keeping it in ``drafts.js``. Nothing of it
reaches the server before the visitor sends it: it lies in the session storage of the tab, ends with
the tab or once it is sent, and is put back only where the server knows of the box what it knew
when typing began, or nothing.
"""

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

from gexp_core.ui import workspace

#: session key of the tab of Regions that shows what another page laid in its box, until it is read
LAID = "_regions_laid"

_COMPONENT = st.components.v2.component(
    "gexp_drafts",
    html='<span class="gexp-drafts" hidden></span>',
    js=(Path(__file__).parent / "drafts.js").read_text("utf-8"),
)


def bases(*keys: str) -> dict[str, str]:
    """Return what stands for the text that the server knows of each box, by the box's key.

    It is '' where the server knows none.
    """
    known = {key: str(workspace.setting(key, "") or "") for key in keys}
    return {
        key: hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
        for key, text in known.items()
    }


def keep_drafts(*keys: str) -> None:
    """Keep what is typed into text boxes from one load of the page to the next.

    Parameters
    ----------
    keys : str
        Streamlit's keys of the text areas and text inputs, all on the page that is drawn.
    """
    data: dict[str, Any] = {"bases": bases(*keys)}
    _COMPONENT(key=f"drafts_{'_'.join(keys)}", data=data)

"""Which pages there are, in the order of a visitor's work, and what stands around each.

Owns the navigation and the sidebar. Knows nothing of what a page shows.
"""

import logging
from pathlib import Path

import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.ui import addressed, choice, controls, frame, show, work
from gexp_core.ui.workbench import links

_ICON = Path(__file__).resolve().parents[2] / "assets" / "icon.png"
_log = logging.getLogger("gexp")


def run() -> None:
    """Run the page that the address names."""
    st.set_page_config("gexp", str(_ICON), layout="wide")
    st.logo(str(_ICON), size="large")
    page = st.navigation(frame.pages(), expanded=True)
    choice.settle()
    addressed.take()  # both before any widget: an address may bring a track and a sequence
    links.take()
    with show.problems():
        controls.sidebar()
        addressed.told()
    routed = frame.routed.set(True)
    try:
        page.run()
    except work.Pending:
        return
    except GexpError as error:
        show.problem(error)
    except Exception:
        _log.exception("page %r failed", page.title)
        show.bug()
    finally:
        frame.routed.reset(routed)

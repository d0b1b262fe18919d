"""A component that is called again before its first call was taken away goes on living.

Streamlit's browser side does so where data or theme change while a script is still being loaded;
the scripts are called here as it calls them, without a server.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from gexp_core.ui import drafts, view
from gexp_core.ui.view import Value, heat, letters
from gexp_core.ui.view.wire import pack

pytestmark = pytest.mark.browser

#: Call a script, call it again, and take the first call away, as far as asked.
CALLS = """
const load = (script) =>
  import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
const place = (html) => {
  const made = document.createElement("div");
  made.innerHTML = html;
  document.body.append(made);
  return made;
};
const twice = (run, parentElement, data, later = data) => {
  const call = (given) => run({ data: given, parentElement, setTriggerValue() {} });
  const first = call(data);
  const last = call(later);
  first();
  return last;
};
"""


@pytest.fixture
def blank(chromium):
    page = chromium.new_page()
    page.route(
        "**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>")
    )
    page.goto("http://gexp.test/")
    yield page
    page.close()


@pytest.mark.parametrize("same", [True, False], ids=["another theme", "other data"])
def test_a_view_is_drawn_and_leaves_nothing_behind(blank, same):
    sequence = "ACGTACGTTGCA"
    rows = [letters(), heat("Effects", "units", np.ones((4, 12), np.float32))]
    frame = pack(
        sequence, rows, key="v", value=Value("Prediction", "units", 1.25, 1.0), identity="",
        name="", selection=None, origin=0, height=None, palette="okabe-ito",
    )  # fmt: skip
    parts = frame.pop("parts")
    given = [view._script(), view._part_script(), (view._HERE / "view.html").read_text("utf-8")]
    told = blank.evaluate(
        """async ([main, part, html, parts, frame, same]) => {"""
        + CALLS
        + """
          const [{ default: run }, { default: bring }] = [await load(main), await load(part)];
          const root = place(html);
          const stops = [twice(run, root, { key: "v" }, { key: "v" })];
          for (const [stamp, body] of Object.entries(parts)) {
            stops.push(twice(bring, place(""), { view: "v", stamp, body }));
          }
          const given = { view: "v", frame };
          const later = same ? given : { view: "v", frame: { ...frame } };
          stops.push(twice(bring, place(""), given, later));
          const now = root.querySelector(".sum").dataset.now;
          for (const stop of stops) stop();
          const shelf = globalThis[Symbol.for("gexp-sequence-view")];
          return [now, shelf.parts.size, shelf.frames.size, shelf.views.size];
        }""",
        [*given, *json.loads(json.dumps([parts, frame])), same],
    )
    assert told == ["1.25", 0, 0, 0]


def test_what_is_typed_is_still_kept(blank):
    script = Path(drafts.__file__).with_name("drafts.js").read_text("utf-8")
    kept = blank.evaluate(
        """async (script) => {"""
        + CALLS
        + """
          const { default: run } = await load(script);
          const made = place('<div class="st-key-text"><textarea></textarea></div>');
          const box = made.querySelector("textarea");
          const type = (text) => {
            box.value = text;
            box.dispatchEvent(new Event("input", { bubbles: true }));
            return sessionStorage.getItem("gexp-draft text");
          };
          const stop = twice(run, place(""), { bases: { text: "" } });
          const first = type("ACGT");
          stop();
          return [first, type("ACGTACGT")];
        }""",
        script,
    )
    assert kept[0] is not None and json.loads(kept[0])["text"] == "ACGT"
    assert kept[1] == kept[0]  # taken away: nothing listens any more

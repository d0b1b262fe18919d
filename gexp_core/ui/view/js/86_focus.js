// The keyboard stays with a view that the page draws anew in another place.
//
// A run of the page may take a view away and put it back at once (Streamlit drops what a run has
// drawn where the next one begins before it was sent). Whoever types must not notice.

const KEPT_FOR = 5_000; // milliseconds for which the place of the cursor is kept

let left = null; // what the view that was taken away with the keyboard had, and when
const LIVE = new Set();

function followFocus(view) {
  const { over } = view.els;
  const { signal } = view.abort;
  LIVE.add(view);
  over.addEventListener("focus", () => { view.focused = true; }, { signal });
  // a browser that says so when it takes an element away says it before the element is gone
  over.addEventListener("blur", () => setTimeout(() => {
    if (over.isConnected) view.focused = over.getRootNode().activeElement === over;
  }), { signal });
}

/** Note that a view is taken away; whoever shows the same goes on where it was. */
function leaveFocus(view) {
  LIVE.delete(view);
  if (!view.focused || !view.model) return;
  const { cursor, range, model } = view;
  left = { key: memoryKey(model), stamp: stampOf(model), cursor, range, at: performance.now() };
  document.addEventListener("pointerdown", goneElsewhere, { capture: true, once: true });
  setTimeout(() => LIVE.forEach(takeFocus)); // by then the old one is gone from the page
}

/** What a stretch that was marked is of: where it is another, the page has answered. */
const stampOf = (model) => JSON.stringify([model.selectionStamp, model.length]);

function goneElsewhere() {
  left = null;
}

function takeFocus(view) {
  if (!left || !view.model || memoryKey(view.model) !== left.key) return;
  const { cursor, range, stamp, at } = left;
  const free = !document.activeElement || document.activeElement === document.body;
  if (!free || performance.now() - at > KEPT_FOR) {
    left = null;
    return;
  }
  if (!view.els.over.isConnected) return;
  left = null;
  view.els.over.focus({ preventScroll: true });
  const last = view.model.length - 1;
  view.cursor ??= cursor && { ...cursor, position: Math.min(cursor.position, last) };
  if (stamp === stampOf(view.model)) view.range ??= range;
  schedule(view, false);
}

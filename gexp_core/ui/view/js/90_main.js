// Life of one view: made once per place on the page, told of new data and themes, torn down.

const VIEWS = new WeakMap(); // root element -> view
const WINDOWS = new Map(); // key + identity -> window, so that zoom survives a change of page

const memoryKey = (model) => JSON.stringify([model.key, model.identity]);

function remember(view) {
  const key = memoryKey(view.model);
  WINDOWS.delete(key); // last written is last in order
  WINDOWS.set(key, view.win);
  if (WINDOWS.size > 64) WINDOWS.delete(WINDOWS.keys().next().value);
}

function createView(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const names = ["name", "where", "sum", "tools", "jump", "strip", "stage", "base", "over", "heads", "hint",
    "readout", "rows"];
  const view = {
    root,
    els: Object.fromEntries(names.map((name) => [name, find(name)])),
    abort: new AbortController(),
    pointers: new Map(),
    key: "", taken: null, arrived: 0, tell: null, told: null, windowTimer: 0,
    model: null, win: null, theme: null, bands: [], width: 0, height: 0, dpr: 1,
    plot: { left: GUTTER, right: GUTTER, width: 0 },
    hover: null, cursor: null, range: null, drag: null, message: "", frame: 0, stale: false,
    focused: false,
    stripSheet: null, blank: "", whereAt: 0, whereTimer: 0,
  };
  listen(view);
  followFocus(view);
  view.observer = new ResizeObserver(() => resize(view));
  view.observer.observe(view.els.stage);
  // titles on the canvas use the page's font, which may still be on its way
  document.fonts?.ready.then(() => view.model && restyle(view));
  return view;
}

function resize(view) {
  const width = Math.floor(view.els.stage.clientWidth);
  const dpr = window.devicePixelRatio || 1;
  if (!width || (width === view.width && dpr === view.dpr)) return;
  view.width = width;
  view.dpr = dpr;
  view.plot = { left: GUTTER, right: width - MARGIN, width: Math.max(1, width - MARGIN - GUTTER) };
  view.stripSheet = null;
  if (view.model) {
    view.win ??= clampWindow(
      WINDOWS.get(memoryKey(view.model)) ?? givenWindow(view.model)
        ?? firstWindow(view.model, view.plot.width),
      view.model.length,
    );
    schedule(view, true);
  }
}

/** The window that the page asks for at first, as the address may; null where it asks for none. */
const givenWindow = ({ window }) => window && { start: window[0], span: window[1] - window[0] };

/** The first and one-past-last base in sight; null for the whole of a sequence that is shown whole. */
function seenWindow(view) {
  const [first, last] = visible(view);
  const { length } = view.model;
  return last - first >= length && length <= WHOLE_UP_TO ? null : [first, last];
}

/** Tell the page where the window came to rest, where it wants to know. */
function tellWindow(view) {
  if (!view.model.follows) return;
  clearTimeout(view.windowTimer);
  view.windowTimer = setTimeout(() => {
    if (view.drag) {
      tellWindow(view); // still held
      return;
    }
    if (!view.win || !view.width) return;
    const seen = seenWindow(view);
    if (JSON.stringify(seen) === view.told) return;
    view.told = JSON.stringify(seen);
    view.send("window", seen && { start: seen[0], end: seen[1] });
  }, REST);
}

/** Take what arrived, once all of it is there; until then what was drawn before stays. */
function refresh(view) {
  const frame = SHELF.frames.get(view.key);
  if (!frame || frame === view.taken) return;
  const stamps = [frame.text, ...frame.rows.map((row) => row.arrays).filter(Boolean)];
  if (!stamps.every((stamp) => SHELF.parts.has(stamp))) return; // the last to arrive calls again
  view.taken = frame;
  view.arrived = performance.now();
  update(view, frame);
}

/** Take new data: keep the window when the same sequence comes back, forget it for another. */
function update(view, frame) {
  const before = view.model;
  view.model = readModel(frame, before);
  // a page that goes on asking for the same window is not told again and again of another
  const asked = JSON.stringify(frame.window);
  if (frame.window && asked !== JSON.stringify(before?.window)) view.told = asked;
  // a deed may arrive twice (view/__init__.py says why); its stamp tells the second from a repeat
  view.send = (event, value) =>
    view.component.setTriggerValue(event, { stamp: `${Date.now()} ${Math.random()}`, value });
  view.theme = readTheme(view.root, view.model);
  view.stripSheet = null;
  const another = !before || memoryKey(before) !== memoryKey(view.model);
  if (another) {
    [view.win, view.cursor, view.hover, view.range] = [null, null, null, null];
    view.told = frame.window && asked;
  } else {
    // who saw the whole sequence sees the whole of a longer one too
    const whole = view.win && view.win.span >= before.length;
    const seen = whole ? { start: 0, span: view.model.length } : view.win;
    view.win = seen && clampWindow(seen, view.model.length);
    const last = view.model.length - 1;
    if (view.cursor) view.cursor.position = Math.min(view.cursor.position, last);
    if (view.hover && view.hover.position > last) view.hover = null;
    // the page has answered: what it says is selected replaces what was dragged
    if (before.selectionStamp !== view.model.selectionStamp) view.range = null;
    if (before.text !== frame.text) view.message = ""; // it was about other letters
  }
  if (!before) takeFocus(view);
  const { bands, height } = layBands(view.model);
  view.bands = bands;
  view.height = height;
  view.els.stage.style.height = `${height}px`;
  view.els.name.textContent = view.model.name;
  showValue(view);
  buildHeads(view);
  buildWords(view);
  if (!view.win) view.width = 0; // measure again and choose a first window
  resize(view);
  if (view.win) {
    view.told ??= JSON.stringify(seenWindow(view)); // the first look is nobody's choice
    tellWindow(view);
  }
  schedule(view, true);
}

function restyle(view) {
  view.theme = readTheme(view.root, view.model);
  view.stripSheet = null;
  buildHeads(view);
  schedule(view, true);
}

/** One redraw per frame at most; `base` also redraws the rows, else only what lies over them. */
function schedule(view, base) {
  view.stale ||= base;
  view.frame ||= requestAnimationFrame(() => {
    view.frame = 0;
    if (!view.win || !view.width) return;
    if (view.stale) {
      view.stale = false;
      drawBase(view);
      soonWhere(view);
    }
    drawOver(view);
    showReadout(view);
  });
}

/** Say where the window lies, now and then while it moves: text costs the page a new layout. */
function soonWhere(view) {
  const rest = view.whereAt + WORDS_EVERY - performance.now();
  if (rest <= 0) {
    view.whereAt = performance.now();
    showWhere(view);
  } else view.whereTimer ||= setTimeout(() => {
    view.whereTimer = 0;
    if (view.model && view.win) showWhere(view);
  }, rest);
}

/** Timings and places for tests and for anyone who measures; nothing reads them here. */
function publish(view, milliseconds) {
  const { root, win, model, bands, plot } = view;
  performance.clearMeasures("gexp-view-draw"); // the newest alone, or a long session fills memory
  performance.measure("gexp-view-draw", { start: performance.now() - milliseconds });
  root.dataset.drawMs = milliseconds.toFixed(2);
  if (view.arrived) root.dataset.paintMs = (performance.now() - view.arrived).toFixed(2);
  view.arrived = 0; // from the last piece of the data to their first picture
  root.dataset.draws = String(Number(root.dataset.draws ?? 0) + 1);
  root.dataset.window = `${win.start.toFixed(3)} ${win.span.toFixed(3)}`;
  root.dataset.length = String(model.length);
  root.dataset.selection = model.selectionStamp;
  root.dataset.bands = JSON.stringify({
    left: plot.left, width: plot.width,
    rows: bands.map(({ row, y, height }) => [row.kind, y, height]),
  });
}

function destroy(view) {
  leaveFocus(view);
  view.abort.abort();
  view.observer.disconnect();
  cancelAnimationFrame(view.frame);
  clearTimeout(view.hintTimer);
  clearTimeout(view.windowTimer);
  clearTimeout(view.whereTimer);
  SHELF.views.delete(view.tell);
  VIEWS.delete(view.root);
}

export default function (component) {
  const root = component.parentElement.querySelector(".gexp-view");
  if (!root || !component.data) return undefined;
  let view = VIEWS.get(root);
  if (!view) {
    view = createView(root);
    VIEWS.set(root, view);
    view.tell = (key) => key === view.key && refresh(view);
    SHELF.views.add(view.tell);
  }
  view.component = component; // of the last call: it alone takes the view away (05_shelf.js)
  view.key = component.data.key;
  const drawn = view.model;
  refresh(view);
  // called again without new data: the theme changed
  if (drawn && drawn === view.model) restyle(view);
  return () => view.component === component && destroy(view);
}

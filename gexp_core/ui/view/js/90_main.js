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
    model: null, win: null, theme: null, bands: [], width: 0, height: 0, dpr: 1,
    plot: { left: GUTTER, right: GUTTER, width: 0 },
    hover: null, cursor: null, range: null, drag: null, message: "", frame: 0, stale: false,
  };
  listen(view);
  view.observer = new ResizeObserver(() => resize(view));
  view.observer.observe(view.els.stage);
  // titles on the canvas use the page's font, which may still be on its way
  document.fonts?.ready.then(() => view.model && schedule(view, true));
  return view;
}

function resize(view) {
  const width = Math.floor(view.els.stage.clientWidth);
  const dpr = window.devicePixelRatio || 1;
  if (!width || (width === view.width && dpr === view.dpr)) return;
  view.width = width;
  view.dpr = dpr;
  view.plot = { left: GUTTER, right: width - MARGIN, width: Math.max(1, width - MARGIN - GUTTER) };
  view.stripHeights = null;
  if (view.model) {
    view.win ??= clampWindow(
      WINDOWS.get(memoryKey(view.model)) ?? firstWindow(view.model, view.plot.width),
      view.model.length,
    );
    schedule(view, true);
  }
}

/** Take new data: keep the window when the same sequence comes back, forget it for another. */
function update(view, component) {
  const before = view.model;
  view.model = readModel(component.data, before);
  view.send = component.setTriggerValue;
  view.theme = readTheme(view.root, view.model);
  view.stripHeights = null;
  const another = !before || memoryKey(before) !== memoryKey(view.model);
  if (another) [view.win, view.cursor, view.hover, view.range] = [null, null, null, null];
  else {
    // who saw the whole sequence sees the whole of a longer one too
    const whole = view.win && view.win.span >= before.length;
    const seen = whole ? { start: 0, span: view.model.length } : view.win;
    view.win = seen && clampWindow(seen, view.model.length);
    const last = view.model.length - 1;
    if (view.cursor) view.cursor.position = Math.min(view.cursor.position, last);
    if (view.hover && view.hover.position > last) view.hover = null;
    // the page has answered: what it says is selected replaces what was dragged
    if (before.selectionStamp !== view.model.selectionStamp) view.range = null;
  }
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
      showWhere(view);
    }
    drawOver(view);
    showReadout(view);
  });
}

/** Timings and places for tests and for anyone who measures; nothing reads them here. */
function publish(view, milliseconds) {
  const { root, win, model, bands, plot } = view;
  performance.clearMeasures("gexp-view-draw"); // the newest alone, or a long session fills memory
  performance.measure("gexp-view-draw", { start: performance.now() - milliseconds });
  root.dataset.drawMs = milliseconds.toFixed(2);
  root.dataset.draws = String(Number(root.dataset.draws ?? 0) + 1);
  root.dataset.window = `${win.start.toFixed(3)} ${win.span.toFixed(3)}`;
  root.dataset.length = String(model.length);
  root.dataset.bands = JSON.stringify({
    left: plot.left, width: plot.width,
    rows: bands.map(({ row, y, height }) => [row.kind, y, height]),
  });
}

function destroy(view) {
  view.abort.abort();
  view.observer.disconnect();
  cancelAnimationFrame(view.frame);
  clearTimeout(view.hintTimer);
  VIEWS.delete(view.root);
}

export default function (component) {
  const root = component.parentElement.querySelector(".gexp-view");
  if (!root || !component.data) return undefined;
  let view = VIEWS.get(root);
  if (!view) {
    view = createView(root);
    VIEWS.set(root, view);
  }
  update(view, component);
  return () => destroy(view);
}

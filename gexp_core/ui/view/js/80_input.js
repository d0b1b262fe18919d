// What hands do: wheel, drag, pinch, click, keys, buttons. Everything ends in moveTo() or send().

function moveTo(view, win) {
  view.win = clampWindow(win, view.model.length);
  remember(view);
  tellWindow(view);
  schedule(view, true);
}

/** Zoom by `factor` (below 1 is closer), keeping the base under `x` where it is. */
function zoomAt(view, factor, x) {
  const fixed = positionAt(view, x);
  const span = clampWindow({ start: 0, span: view.win.span * factor }, view.model.length).span;
  const share = (x - view.plot.left) / view.plot.width;
  moveTo(view, { start: fixed - share * span, span });
}

const pan = (view, bases) => moveTo(view, { ...view.win, start: view.win.start + bases });

/** The place that buttons and keys zoom around: the cursor if it is in sight, else the middle. */
function anchorX(view) {
  const x = view.cursor ? xOf(view, view.cursor.position + 0.5) : -1;
  const { left, right, width } = view.plot;
  return x >= left && x <= right ? x : left + width / 2;
}

const COMMANDS = {
  fit: (view) => moveTo(view, { start: 0, span: view.model.length }),
  in: (view) => zoomAt(view, 1 / 1.6, anchorX(view)),
  out: (view) => zoomAt(view, 1.6, anchorX(view)),
  left: (view) => pan(view, -view.win.span / 2),
  right: (view) => pan(view, view.win.span / 2),
};

/** What lies at a point of the stage: base, row, and in a heat map the letter. */
function hit(view, x, y) {
  if (x < view.plot.left || x >= view.plot.right) return null;
  const position = Math.floor(positionAt(view, x));
  if (position < 0 || position >= view.model.length) return null;
  const band = view.bands.find((b) => y >= b.y && y < b.y + b.height) ?? null;
  const base = band?.row.kind === "heat" ? Math.floor(((y - band.y) / band.height) * 4) : null;
  const lane = band?.row.kind === "marks" ? Math.floor((y - band.y) / LANE) : null;
  return { position, base, band, lane };
}

/** Only a change with a computed effect can be chosen; returns why not, or "". */
function refusal(view, position, base) {
  const heat = view.model.rows.find((row) => row.kind === "heat");
  if (view.model.edit && base !== null) {
    return view.model.codes[position] === base ? `${BASES[base]} is the base that is there` : "";
  }
  if (!heat || base === null) return "choose a base in the heat map with up and down first";
  if (view.model.codes[position] === base) return `${BASES[base]} is the base that is there`;
  const at = position - heat.start;
  const inside = at >= 0 && at < heat.width;
  return inside && Number.isFinite(heat.values[base * heat.width + at]) ? "" : "no effect was computed here";
}

/** Add a sentence to the readout; it stays until the next key or press. */
function say(view, text) {
  view.message = text;
  schedule(view, false);
}

function choose(view, position, base) {
  const why = refusal(view, position, base);
  if (why) {
    say(view, why);
    return;
  }
  view.range = null;
  view.send("cell", { position, alt: BASES[base] });
  if (view.model.edit) foresee(view, position, base);
}

function clearAll(view) {
  const had = view.range || view.model.selection;
  const idle = !had && !view.cursor;
  [view.range, view.cursor, view.hover] = [null, null, null];
  if (had) view.send("cleared", true);
  if (idle) view.els.over.blur(); // the wheel scrolls the page again
  schedule(view, false);
}

// --- pointer ---------------------------------------------------------------------------------

function pointOf(view, event) {
  const box = view.els.over.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function onDown(view, event) {
  if (event.button !== 0) return;
  view.message = "";
  const [x, y] = pointOf(view, event);
  view.els.over.focus({ preventScroll: true });
  view.els.over.setPointerCapture(event.pointerId);
  view.pointers.set(event.pointerId, x);
  const mode = event.shiftKey ? "range" : "pan";
  view.drag = { mode, x, y, start: view.win.start, at: hit(view, x, y), moved: false };
  if (view.pointers.size === 2) startPinch(view);
}

function startPinch(view) {
  const [a, b] = [...view.pointers.values()];
  view.drag = {
    mode: "pinch", moved: true, apart: Math.max(10, Math.abs(a - b)), span: view.win.span,
    fixed: positionAt(view, (a + b) / 2),
  };
}

function onMove(view, event) {
  const [x, y] = pointOf(view, event);
  if (view.pointers.has(event.pointerId)) {
    view.pointers.set(event.pointerId, x);
    dragTo(view, x, y);
  }
  const at = hit(view, x, y);
  view.hover = at && { position: at.position, base: at.base };
  const pick = at && (at.lane === null ? at.base !== null && !refusal(view, at.position, at.base)
    : markAt(view, at.band.row, at.position, at.lane) >= 0);
  view.els.over.style.cursor = view.drag?.moved ? "grabbing" : pick ? "pointer" : "crosshair";
  schedule(view, false);
}

function dragTo(view, x, y) {
  const { drag } = view;
  if (!drag) return;
  if (Math.hypot(x - drag.x, y - drag.y) > CLICK_SLACK) drag.moved = true;
  if (!drag.moved) return;
  if (drag.mode === "pan") {
    moveTo(view, { span: view.win.span, start: drag.start - (x - drag.x) / perBase(view) });
  } else if (drag.mode === "range") {
    view.range = rangeBetween(view, drag.x, x);
  } else if (view.pointers.size === 2) {
    const [a, b] = [...view.pointers.values()];
    const span = clampWindow(
      { start: 0, span: (drag.span * drag.apart) / Math.max(10, Math.abs(a - b)) }, view.model.length,
    ).span;
    const share = ((a + b) / 2 - view.plot.left) / view.plot.width;
    moveTo(view, { start: drag.fixed - share * span, span });
  }
}

function rangeBetween(view, a, b) {
  const inside = (x) => Math.min(view.model.length - 1, Math.max(0, Math.floor(positionAt(view, x))));
  const [start, end] = [inside(Math.min(a, b)), inside(Math.max(a, b)) + 1];
  return [start, end];
}

function onUp(view, event) {
  const { drag } = view;
  view.pointers.delete(event.pointerId);
  if (view.pointers.size === 0) view.drag = null;
  if (!drag || event.type === "pointercancel") return;
  if (drag.mode === "range" && drag.moved && view.range) sendRange(view);
  else if (!drag.moved && drag.at) click(view, drag.at);
  schedule(view, false);
}

function click(view, at) {
  view.cursor = { position: at.position, base: at.base };
  if (at.base !== null) choose(view, at.position, at.base);
  if (at.lane === null) return;
  const i = markAt(view, at.band.row, at.position, at.lane);
  if (i >= 0) chooseMark(view, at.band.row, i);
}

function sendRange(view) {
  const [start, end] = view.range;
  view.send("range", { start, end });
}

/** Civil rule: the wheel scrolls the page until the view was clicked (or Ctrl is held). */
function onWheel(view, event) {
  const focused = view.root.getRootNode().activeElement === view.els.over;
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  const [across, down] = [event.deltaX * unit, event.deltaY * unit];
  const zoomed = view.win.span < view.model.length;
  if (Math.abs(across) > Math.abs(down) && !event.ctrlKey) {
    if (!zoomed) return;
    event.preventDefault();
    pan(view, across / perBase(view));
    return;
  }
  if (!focused && !event.ctrlKey && !event.metaKey) {
    hint(view, "Click the view first, or hold Ctrl, to zoom with the wheel");
    return;
  }
  // zooming out further than the whole is a wish to scroll on
  if (!zoomed && down > 0 && !event.ctrlKey) return;
  event.preventDefault();
  zoomAt(view, Math.exp(Math.max(-240, Math.min(240, down)) * 0.0022), pointOf(view, event)[0]);
}

function hint(view, text) {
  view.els.hint.textContent = text;
  view.els.hint.hidden = false;
  clearTimeout(view.hintTimer);
  view.hintTimer = setTimeout(() => { view.els.hint.hidden = true; }, 1600);
}

/** A double click shows the whole again, except in a heat map, where both clicks mean a cell. */
function onDouble(view, event) {
  const at = hit(view, ...pointOf(view, event));
  if (at?.base === null || !at) COMMANDS.fit(view);
}

// --- keys ------------------------------------------------------------------------------------

const KEYS = {
  ArrowLeft: (view, event) => step(view, event.shiftKey ? -10 : -1),
  ArrowRight: (view, event) => step(view, event.shiftKey ? 10 : 1),
  ArrowUp: (view) => stepBase(view, -1),
  ArrowDown: (view) => stepBase(view, 1),
  Home: (view) => step(view, -Infinity),
  End: (view) => step(view, Infinity),
  PageUp: COMMANDS.left,
  PageDown: COMMANDS.right,
  "+": COMMANDS.in,
  "=": COMMANDS.in,
  "-": COMMANDS.out,
  "0": COMMANDS.fit,
  "[": (view) => markRange(view, "start"),
  "]": (view) => markRange(view, "end"),
  Enter: (view) => {
    if (!view.cursor) return;
    const { position, base } = view.cursor;
    if (base !== null || !chooseMarkAt(view, position)) choose(view, position, base);
  },
  Escape: clearAll,
};

function onKey(view, event) {
  const held = event.ctrlKey || event.metaKey || event.altKey;
  const act = editKey(view, event) ?? (held ? null : KEYS[event.key]);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation(); // Streamlit has shortcuts of its own on the page
  view.message = "";
  if (event.key !== "Enter") view.hover = null;
  act(view, event);
}

function startCursor(view) {
  if (view.cursor) return false;
  const cell = view.model.selection?.cell;
  view.cursor = cell
    ? { position: cell[0], base: BASES.indexOf(cell[1]) }
    : { position: Math.floor(view.win.start + view.win.span / 2), base: null };
  return true;
}

function step(view, by) {
  // the first key press only shows where the cursor is, unless it asks for an end
  const fresh = startCursor(view) && Number.isFinite(by);
  if (!fresh) {
    const wanted = view.cursor.position + by;
    view.cursor.position = Math.min(view.model.length - 1, Math.max(0, wanted));
  }
  reveal(view, view.cursor.position);
}

function stepBase(view, by) {
  startCursor(view);
  if (!view.model.rows.some((row) => row.kind === "heat")) return;
  const { base } = view.cursor;
  view.cursor.base = base === null ? (by > 0 ? 0 : 3) : Math.min(3, Math.max(0, base + by));
  reveal(view, view.cursor.position);
}

function markRange(view, edge) {
  startCursor(view);
  const { position } = view.cursor;
  const [start, end] = view.range ?? [position, position + 1];
  view.range = edge === "start"
    ? [position, Math.max(end, position + 1)] : [Math.min(start, position), position + 1];
  if (edge === "end") sendRange(view);
  schedule(view, false);
}

/** Move the window just enough that a base is in sight. */
function reveal(view, position) {
  const { start, span } = view.win;
  const edge = Math.min(4, span / 4);
  if (position < start + edge) moveTo(view, { span, start: position - edge });
  else if (position + 1 > start + span - edge) moveTo(view, { span, start: position + 1 + edge - span });
  else schedule(view, false);
}

// --- buttons, strip, jump ----------------------------------------------------------------------

function onJump(view) {
  const wanted = Number(view.els.jump.value.replace(/[\s,]/g, ""));
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > view.model.length) {
    say(view, `there is no position ${view.els.jump.value}; give 1 to ${whole(view.model.length)}`);
    return;
  }
  view.cursor = { position: wanted - 1, base: view.cursor?.base ?? null };
  const span = Math.min(view.win.span, view.plot.width / READABLE_PX);
  moveTo(view, { start: wanted - 0.5 - span / 2, span });
}

/** Press or drag in the overview: the window follows. */
function onStrip(view, event) {
  if (event.type === "pointerdown") view.els.strip.setPointerCapture(event.pointerId);
  if (!(event.buttons & 1)) return;
  const share = (event.offsetX - view.plot.left) / view.plot.width;
  moveTo(view, { ...view.win, start: share * view.model.length - view.win.span / 2 });
}

function listen(view) {
  const { over, strip, jump, tools } = view.els;
  const { signal } = view.abort;
  const on = (target, type, act, options = {}) =>
    target.addEventListener(type, (event) => act(view, event), { signal, ...options });
  on(over, "pointerdown", onDown);
  on(over, "pointermove", onMove);
  on(over, "pointerup", onUp);
  on(over, "pointercancel", onUp);
  on(over, "pointerleave", () => {
    view.hover = null;
    schedule(view, false);
  });
  on(over, "dblclick", onDouble);
  on(over, "wheel", onWheel, { passive: false });
  on(over, "keydown", onKey);
  on(strip, "pointerdown", onStrip);
  on(strip, "pointermove", onStrip);
  on(jump, "keydown", (_, event) => {
    event.stopPropagation();
    if (event.key === "Enter") onJump(view);
  });
  on(tools, "click", (_, event) => {
    const command = COMMANDS[event.target.closest("button")?.dataset.do];
    if (command) command(view);
  });
}

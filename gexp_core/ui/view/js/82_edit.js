// A view that edits: letters typed at the cursor, and a change drawn before the page has answered.

/** The act of a key in a view that edits; null where the key means what it means elsewhere. */
function editKey(view, event) {
  if (!view.model.edit || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && !event.shiftKey) return () => act(view, "undo");
    if (key === "y" || (key === "z" && event.shiftKey)) return () => act(view, "redo");
    return null;
  }
  if (key === "delete" || key === "backspace") return () => takeOut(view);
  const base = BASES.indexOf(key.toUpperCase());
  return key.length === 1 && base >= 0 && base < 4 ? () => typeLetter(view, base) : null;
}

function act(view, verb, stretch = null) {
  view.send("act", { verb, start: stretch?.[0] ?? 0, end: stretch?.[1] ?? 0 });
  view.model.waiting = true;
  showValue(view);
  schedule(view, true);
}

function typeLetter(view, base) {
  if (startCursor(view)) {
    reveal(view, view.cursor.position);
    say(view, `the cursor is at ${whole(view.cursor.position + 1)}; type again to change this base`);
    return;
  }
  choose(view, view.cursor.position, base);
}

function takeOut(view) {
  const marked = view.range ?? view.model.selection?.range;
  if (!marked && startCursor(view)) {
    say(view, `the cursor is at ${whole(view.cursor.position + 1)}; press again to take this base out`);
    return;
  }
  const { position } = view.cursor ?? {};
  act(view, "delete", marked ?? [position, position + 1]);
  view.range = null;
}

/**
 * Draw a substitution at once. A heat map that is up to date holds the very prediction that the
 * page will answer with; of a pale one nothing is foretold.
 */
function foresee(view, position, base) {
  const { model } = view;
  const heat = model.rows.find(
    (row) => row.kind === "heat" && row.title === model.edit && !row.stale);
  const at = heat ? position - heat.start : -1;
  const known = heat && !model.waiting && at >= 0 && at < heat.width;
  const effect = known ? heat.values[base * heat.width + at] : NaN;
  if (model.value) {
    const now = Number.isFinite(effect) && model.value.now !== null
      ? model.value.now + effect : null;
    model.value = { ...model.value, now };
  }
  model.codes = model.codes.slice();
  model.codes[position] = base;
  const { sequence } = model;
  model.sequence = sequence.slice(0, position) + BASES[base] + sequence.slice(position + 1);
  model.gc = gcBefore(model.codes);
  model.waiting = true;
  showValue(view);
  schedule(view, true);
}

/** The number of the whole sequence, and how it differs from that before any edit. */
function showValue(view) {
  const { value } = view.model;
  const box = view.els.sum;
  box.hidden = !value;
  if (!value) return;
  const known = value.now !== null && Number.isFinite(value.now);
  const change = known && value.first !== null ? value.now - value.first : NaN;
  const parts = [["what", `${value.title} `], ["number", known ? fixed(value.now) : "\u2026"],
    ["what", ` ${value.unit}`]];
  const noise = 1e-5 * Math.max(Math.abs(value.now), Math.abs(value.first)); // of single precision
  if (Number.isFinite(change) && Math.abs(change) > noise) {
    parts.push(["what", " \u00b7 change from the original "], ["number", fixed(change, true)]);
  }
  box.replaceChildren(...parts.map(([name, text]) => element("span", name, text)));
  box.dataset.now = known ? String(value.now) : "";
}

/** Three decimals, so that small effects of large numbers are seen; of small ones two digits. */
function fixed(value, signed = false) {
  const size = Math.abs(value);
  const text = size === 0 || size >= 0.01 ? size.toFixed(3) : String(Number(size.toPrecision(2)));
  if (value < 0) return `\u2212${text}`;
  return signed ? `+${text}` : text;
}

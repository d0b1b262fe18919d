// The same numbers in words: one line for the place under the pointer or the cursor.

/** Where a base lay before every edit; null for one that came in. */
function placeOf({ runs }, position) {
  if (!runs) return position;
  const run = runs.findLast(([now]) => now <= position);
  return run && position < run[0] + run[2] ? run[1] + position - run[0] : null;
}

/** "chr7:1,234" of a base; coordinates run down on the minus strand. An inserted base has none. */
function coordinate(model, position) {
  const { origin } = model;
  if (!origin) return "";
  const place = placeOf(origin, position);
  if (place === null) return "inserted, not on the reference";
  const at = origin.strand === "-" ? origin.end - place : origin.start + place + 1;
  return `${origin.chrom ? `${origin.chrom}:` : "coordinate "}${whole(at)}`;
}

/** The coordinate of the base nearest to `position`, going by `step`, that has one; "" for none. */
function nearestCoordinate(model, position, step, end) {
  if (!model.origin) return "";
  for (let i = position; i !== end; i += step) {
    if (placeOf(model.origin, i) !== null) return coordinate(model, i);
  }
  return "";
}

/** What each kind of row says of base i, without its title; "" says nothing. */
const READERS = {
  letters: () => "",
  logo(row, i, model) {
    const at = i - row.start;
    if (at < 0 || at >= row.width) return "no value here";
    const value = (b) => numberText(row.values[b * row.width + at], true);
    if (row.channels === 1) return withUnit(row, value(0));
    if ([0, 1, 2, 3].every((b) => Number.isNaN(row.values[b * row.width + at]))) return "no value here";
    const shown = [0, 1, 2, 3].filter((b) => row.values[b * row.width + at] !== 0);
    if (shown.length === 0) return withUnit(row, "0");
    // one score, and it stands on the letter that is there: it needs no name
    if (shown.length === 1 && shown[0] === model.codes[i]) return withUnit(row, value(shown[0]));
    return withUnit(row, shown.map((b) => `${BASES[b]} ${value(b)}`).join(", "));
  },
  heat(row, i, model) {
    const at = i - row.start;
    if (at < 0 || at >= row.width) return "not computed here";
    const here = model.codes[i];
    return withUnit(row, [0, 1, 2, 3].filter((b) => b !== here).map((b) =>
      `${BASES[here]}>${BASES[b]} ${numberText(row.values[b * row.width + at], true)}`).join(", "));
  },
  profile(row, i) {
    const [first, last] = stepsIn(row, i, i + 1);
    const parts = [];
    for (let k = first; k < last && parts.length < 3; k++) {
      if (row.ends[k] <= i) continue;
      const spread = row.spread ? ` ± ${numberText(row.spread[k])}` : "";
      const wide = row.ends[k] - row.starts[k] > 1
        ? ` (${whole(row.starts[k] + 1)}–${whole(row.ends[k])})` : "";
      parts.push(`${numberText(row.values[k])}${spread}${wide}`);
    }
    return parts.length ? withUnit(row, parts.join(", ")) : "no value here";
  },
  marks(row, i) {
    const names = [];
    for (let k = 0; k < row.starts.length; k++) {
      if (row.starts[k] > i || i >= row.ends[k]) continue;
      const strand = row.strands[k] ? `, ${row.strands[k] === "-" ? "\u2212" : "+"} strand` : "";
      names.push(`${row.labels[k]} (${whole(row.starts[k] + 1)}–${whole(row.ends[k])}${strand})`);
    }
    return names.slice(0, 4).join(", ");
  },
};

const withUnit = (row, text) => (row.unit ? `${text} ${row.unit}` : text);

/** Parts of the readout at one base, each [title, value], the place first. */
function readAt(view, at) {
  const { model } = view;
  const i = at.position;
  const parts = [["position", whole(i + 1)]];
  if (coordinate(model, i)) parts.push(["", coordinate(model, i)]);
  parts.push(["", BASES[model.codes[i]]]);
  if (at.base !== null) parts.push(["", changeText(view, i, at.base)]);
  for (const row of model.rows) parts.push([row.title, READERS[row.kind](row, i, model)]);
  return parts.filter(([, value]) => value);
}

function changeText(view, i, base) {
  const here = view.model.codes[i];
  if (here === base) return `row ${BASES[base]}: the base that is there`;
  const heat = view.model.rows.find((row) => row.kind === "heat");
  const at = i - (heat?.start ?? 0);
  // the row may have gone while the pointer was on it
  if (!heat || at < 0 || at >= heat.width) return `${BASES[here]}>${BASES[base]}: not computed`;
  return `${BASES[here]}>${BASES[base]} ${numberText(heat.values[base * heat.width + at], true)}`;
}

function showReadout(view) {
  const at = view.hover ?? view.cursor;
  const box = view.els.readout;
  // a pointer that sweeps over hundreds of bases must not be read out base by base
  const live = view.hover && !view.message ? "off" : "polite";
  if (box.getAttribute("aria-live") !== live) box.setAttribute("aria-live", live);
  const parts = at ? readAt(view, at) : [
    ["Point at a base, or press Tab and the arrow keys, to read every row there.", ""],
  ];
  if (view.range) {
    const [start, end] = view.range;
    parts.push(["selected", `${whole(start + 1)}–${whole(end)} (${whole(end - start)} bp)`]);
  }
  if (view.message) parts.push(["", view.message]);
  const text = parts.map((part) => part.filter(Boolean).join(" ")).join(" · ");
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren();
  parts.forEach(([title, value], n) => {
    // separators are text, for screen readers and for copying
    const gap = title && value ? " " : "";
    box.append(n ? " · " : "", element("span", "what", title + gap), element("span", "value", value));
  });
}

/** Where the window lies, and each row's text alternative. */
function showWhere(view) {
  const { model, win } = view;
  const first = Math.floor(win.start + 0.5) + 1;
  const last = Math.min(model.length, Math.round(win.start + win.span));
  const text = win.span >= model.length
    ? `whole sequence, ${whole(model.length)} bp`
    : `positions ${whole(first)}–${whole(last)} of ${whole(model.length)} bp`;
  const from = nearestCoordinate(model, first - 1, 1, last);
  const to = nearestCoordinate(model, last - 1, -1, first - 2);
  const spot = from ? ` (${from}–${to.split(":").pop().replace("coordinate ", "")})` : "";
  if (view.els.where.textContent !== text + spot) view.els.where.textContent = text + spot;
}

function buildWords(view) {
  const list = view.els.rows;
  list.replaceChildren();
  for (const row of view.model.rows) {
    const item = element("li", "");
    item.append(element("strong", "", row.title), ` ${row.words}`);
    list.append(item);
  }
  view.els.over.setAttribute("aria-label",
    `${view.model.name || "Sequence"}, ${whole(view.model.length)} bp. Rows: ` +
    `${view.model.rows.map((row) => row.title).join(", ")}. Arrow keys move, plus and minus zoom.`);
}

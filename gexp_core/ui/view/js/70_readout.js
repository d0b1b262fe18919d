// The same numbers in words: one line for the place under the pointer or the cursor.

/** "chr7:1,234" of a base; coordinates run down on the minus strand. */
function coordinate(model, position) {
  const { origin } = model;
  if (!origin) return "";
  const at = origin.strand === "-" ? origin.end - position : origin.start + position + 1;
  return `${origin.chrom ? `${origin.chrom}:` : "coordinate "}${whole(at)}`;
}

const READERS = {
  letters: () => "",
  logo(row, i, model) {
    const at = i - row.start;
    if (at < 0 || at >= row.width) return `${row.title}: no value here`;
    if (row.channels === 1) return valued(row, row.values[at]);
    const shown = [0, 1, 2, 3].filter((b) => row.values[b * row.width + at] !== 0);
    // one letter, and the letter that is there: the number needs no name
    if (shown.length === 0) return valued(row, 0);
    if (shown.length === 1 && shown[0] === model.codes[i]) return valued(row, row.values[shown[0] * row.width + at]);
    const parts = shown.map((b) => `${BASES[b]} ${numberText(row.values[b * row.width + at], true)}`);
    return `${row.title} ${parts.join(", ")}${row.unit ? ` ${row.unit}` : ""}`;
  },
  heat(row, i, model) {
    const at = i - row.start;
    if (at < 0 || at >= row.width) return `${row.title}: not computed here`;
    const here = model.codes[i];
    const parts = [0, 1, 2, 3].filter((b) => b !== here).map((b) =>
      `${BASES[here]}>${BASES[b]} ${numberText(row.values[b * row.width + at], true)}`);
    return `${row.title} ${parts.join(", ")}${row.unit ? ` ${row.unit}` : ""}`;
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
    const unit = row.unit && parts.length ? ` ${row.unit}` : "";
    return `${row.title} ${parts.length ? parts.join(", ") : "no value"}${unit}`;
  },
  marks(row, i) {
    const names = [];
    for (let k = 0; k < row.starts.length; k++) {
      if (row.starts[k] <= i && i < row.ends[k]) {
        names.push(`${row.labels[k]} (${whole(row.starts[k] + 1)}–${whole(row.ends[k])}` +
          `${row.strands[k] ? `, ${row.strands[k] === "-" ? "\u2212" : "+"} strand` : ""})`);
      }
    }
    return names.length ? `${row.title} ${names.slice(0, 4).join(", ")}` : "";
  },
};

const valued = (row, value) => `${row.title} ${numberText(value, true)}${row.unit ? ` ${row.unit}` : ""}`;

/** Parts of the readout at one base, the place first. */
function readAt(view, at) {
  const { model } = view;
  const i = at.position;
  const parts = [`position ${whole(i + 1)}`];
  if (coordinate(model, i)) parts.push(coordinate(model, i));
  parts.push(BASES[model.codes[i]]);
  if (at.base !== null && at.base !== undefined) parts.push(changeText(view, i, at.base));
  for (const row of model.rows) parts.push(READERS[row.kind](row, i, model));
  return parts.filter(Boolean);
}

function changeText(view, i, base) {
  const here = view.model.codes[i];
  if (here === base) return `row ${BASES[base]}: the base that is there`;
  const heat = view.model.rows.find((row) => row.kind === "heat");
  const at = i - heat.start;
  if (at < 0 || at >= heat.width) return `${BASES[here]}>${BASES[base]}: not computed`;
  return `${BASES[here]}>${BASES[base]} ${numberText(heat.values[base * heat.width + at], true)}`;
}

function showReadout(view, message = "") {
  const at = view.hover ?? view.cursor;
  const box = view.els.readout;
  // a pointer that sweeps over hundreds of bases must not be read out base by base
  const live = view.hover ? "off" : "polite";
  if (box.getAttribute("aria-live") !== live) box.setAttribute("aria-live", live);
  const parts = at ? readAt(view, at) : [
    "Point at a base, or press Tab and the arrow keys, to read every row there.",
  ];
  if (view.range) {
    const [start, end] = view.range;
    parts.push(`selected ${whole(start + 1)}–${whole(end)} (${whole(end - start)} bp)`);
  }
  if (message) parts.push(message);
  const text = parts.join(" · ");
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren();
  parts.forEach((part, n) => {
    // the separator is text, for screen readers and for copying
    if (n) box.append(element("span", "dot", " · "));
    box.append(element("span", n < 2 ? "part place" : "part", part));
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
  const from = coordinate(model, first - 1);
  const to = coordinate(model, last - 1);
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

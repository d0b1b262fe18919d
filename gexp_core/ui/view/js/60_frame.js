// What surrounds the rows: layout, position axis, titles, legend, crosshair.

/** Stack the rows; `height` (whole plot) stretches those that carry values. */
function layBands(model) {
  const natural = (row) => (row.kind === "marks" ? row.lanes * LANE : row.height ?? HEIGHTS[row.kind]);
  const head = (row) => (row.kind === "letters" ? 0 : HEAD);
  const stiff = (row) => row.kind === "marks" || row.kind === "letters";
  const fixed = model.rows.reduce(
    (sum, row) => sum + head(row) + GAP + (stiff(row) ? natural(row) : 0), AXIS);
  const flexible = model.rows.reduce((sum, row) => sum + (stiff(row) ? 0 : natural(row)), 0);
  const stretch = model.height && flexible
    ? Math.max(0.3, (model.height - fixed) / flexible) : 1;
  let y = AXIS;
  const bands = model.rows.map((row) => {
    const height = stiff(row) ? natural(row) : natural(row) * stretch;
    const band = { row, top: y, y: y + head(row), height };
    y = band.y + height + GAP;
    return band;
  });
  return { bands, height: y };
}

/** Positions in 1-based numbers over the first row. */
function drawPositions(view, ctx) {
  const { plot, win, theme, model } = view;
  const step = Math.max(1, niceStep((win.span * 90) / plot.width));
  ctx.font = fontOf(view, 12);
  ctx.textBaseline = "bottom";
  ctx.fillStyle = theme.ink;
  ctx.textAlign = "left";
  ctx.fillText("position", 4, AXIS - 9);
  ctx.fillRect(plot.left, AXIS - 1, plot.width, 1);
  ctx.textAlign = "center";
  const [first, last] = visible(view);
  const ticks = new Set([1]);
  for (let p = Math.ceil((first + 1) / step) * step; p <= last; p += step) ticks.add(p);
  for (const position of ticks) {
    const x = xOf(view, position - 0.5);
    if (x < plot.left || x > plot.right || position > model.length) continue;
    ctx.fillRect(Math.round(x), AXIS - 6, 1, 5);
    const text = whole(position);
    const half = ctx.measureText(text).width / 2;
    if (position === 1 && ticks.has(step) && xOf(view, step - 0.5) - x < 40) {
      if (step !== 1) continue;
    }
    ctx.fillText(text, Math.min(Math.max(x, plot.left + half - 8), plot.right + MARGIN - half), AXIS - 8);
  }
}

/** Titles are real text over the canvas, so that they can be read, found and selected. */
function buildHeads(view) {
  view.els.heads.replaceChildren();
  for (const band of view.bands) {
    const { row } = band;
    band.note = element("span", "note");
    if (row.kind === "letters") continue;
    const head = element("div", "head");
    head.style.top = `${band.top}px`;
    const title = element("span", "title", row.title);
    head.append(title);
    if (row.unit && row.kind !== "heat") head.append(element("span", "unit", row.unit));
    head.append(element("span", "help", row.help), band.note);
    if (row.kind === "heat" && !row.empty) head.append(buildLegend(view, row));
    head.title = [row.title, row.unit, row.help].filter(Boolean).join(" · ");
    view.els.heads.append(head);
  }
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

/** Colour bar with its two ends, its zero and its unit, the same at every zoom. */
function buildLegend(view, row) {
  const legend = element("span", "legend");
  const bar = element("span", "ramp");
  const { css } = view.theme.ramp;
  const stops = Array.from({ length: 17 }, (_, i) => css[Math.round((i / 16) * (LEVELS - 1))]);
  bar.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
  const clipped = row.clipped ? "\u2264" : "";
  legend.append(
    element("span", "", `${clipped}${numberText(-row.limit, true)}`),
    bar,
    element("span", "", `${row.clipped ? "\u2265" : ""}${numberText(row.limit, true)}`),
    element("span", "unit", row.unit),
  );
  legend.setAttribute("role", "img");
  legend.setAttribute("aria-label", `Colours from ${numberText(-row.limit, true)} over 0 to ` +
    `${numberText(row.limit, true)} ${row.unit}`);
  return legend;
}

/** Whether a row tells of an earlier text of the sequence. */
const paleRow = (view, row) => row.kind !== "letters" && (row.stale || view.model.waiting === true);

/** Say when a row shows less than every number. */
function noteOf(view, row) {
  if (row.empty) return "no values yet";
  if (paleRow(view, row)) return "from before the last edit, being computed";
  const size = perBase(view);
  if (row.kind === "logo" && size < 1) return "zoomed out: highest and lowest per pixel";
  if (row.kind === "logo" && size < LETTER_PX) return "zoom in for letters";
  if (row.kind === "heat" && size < 1) return "zoomed out: strongest per pixel";
  if (row.kind === "heat" && size < CELL_PX) return "zoom in for cells";
  if (row.kind === "marks" && row.starts.length * LETTER_PX > view.plot.width && size < 1) {
    return `${whole(row.starts.length)} in all: zoom in for names`;
  }
  if (row.kind === "marks" && row.starts.length === 0) return "none found";
  if (row.kind === "marks" && row.lanes === MOST_LANES) return "more overlaps share the last line";
  return "";
}

function drawBase(view) {
  const began = performance.now();
  const ctx = freshContext(view, view.els.base, view.width, view.height);
  drawPositions(view, ctx);
  for (const band of view.bands) {
    if (band.row.kind === "heat" || !band.row.empty) AXES[band.row.kind]?.(view, ctx, band);
    ctx.save();
    ctx.beginPath();
    // the gutter belongs to the axis; bases that are half visible may not run into it
    ctx.rect(view.plot.left, band.y - 2, view.plot.width, band.height + 4);
    ctx.clip();
    // pale: true of an earlier text; the letters themselves never are
    ctx.globalAlpha = paleRow(view, band.row) ? 0.35 : 1;
    if (band.row.empty) drawNothing(view, ctx, band);
    else PAINTERS[band.row.kind](view, ctx, band);
    ctx.restore();
    const note = noteOf(view, band.row);
    if (band.note.textContent !== note) band.note.textContent = note;
  }
  drawStrip(view);
  publish(view, performance.now() - began);
}

function freshContext(view, canvas, width, height) {
  const { dpr } = view;
  const [wide, tall] = [Math.round(width * dpr), Math.round(height * dpr)];
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
    canvas.style.height = `${height}px`;
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/** The room of a row that has no values yet. */
function drawNothing(view, ctx, band) {
  drawAbsent(view, ctx, band, 0, view.model.length);
  if (view.width > 620) return; // else its note has no room beside the title (view.css)
  ctx.font = fontOf(view, 13);
  ctx.fillStyle = view.theme.ink;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(noteOf(view, band.row), (view.plot.left + view.plot.right) / 2, band.y + band.height / 2);
}

// --- over the rows: crosshair, cursor, selection ---------------------------------------------

function drawOver(view) {
  const range = view.range ?? view.model.selection?.range;
  const at = view.hover ?? view.cursor;
  const size = range || at || view.model.selection?.cell ? "" : `${view.width} ${view.height} ${view.dpr}`;
  if (size && size === view.blank) return; // nothing lies there, and nothing did
  view.blank = size;
  const ctx = freshContext(view, view.els.over, view.width, view.height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(view.plot.left - 3, 0, view.plot.width + 6, view.height);
  ctx.clip();
  if (range) drawRange(view, ctx, range);
  if (view.model.selection?.cell) drawCell(view, ctx, view.model.selection.cell, true);
  if (at) drawCrosshair(view, ctx, at);
  if (view.cursor && view.cursor.base !== null) {
    drawCell(view, ctx, [view.cursor.position, BASES[view.cursor.base]], false);
  }
  ctx.restore();
}

function drawCrosshair(view, ctx, at) {
  const x = xOf(view, at.position);
  const size = perBase(view);
  ctx.fillStyle = view.theme.ink;
  ctx.globalAlpha = 0.07;
  if (size > 2) ctx.fillRect(x, AXIS, size, view.height - AXIS - GAP);
  ctx.globalAlpha = 0.7;
  const middle = Math.round(x + size / 2);
  if (size < 12) ctx.fillRect(middle, AXIS, 1, view.height - AXIS - GAP);
  else {
    ctx.fillRect(Math.round(x), AXIS, 1, view.height - AXIS - GAP);
    ctx.fillRect(Math.round(x + size), AXIS, 1, view.height - AXIS - GAP);
  }
  ctx.globalAlpha = 1;
  drawPositionTag(view, ctx, at.position, middle);
}

/** The position under the pointer, on the axis itself. */
function drawPositionTag(view, ctx, position, x) {
  const text = whole(position + 1);
  ctx.font = fontOf(view, 12, 600);
  const wide = ctx.measureText(text).width + 10;
  const left = Math.min(Math.max(x - wide / 2, view.plot.left), view.plot.right - wide);
  ctx.fillStyle = view.theme.ink;
  ctx.fillRect(left, 4, wide, 19);
  ctx.fillStyle = view.theme.paper;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(text, left + 5, 14);
}

/** Outline one cell in every heat row: solid and thick when chosen, thin for the cursor. */
function drawCell(view, ctx, [position, alt], chosen) {
  const wide = Math.max(6, perBase(view));
  const x = xOf(view, position + 0.5) - wide / 2;
  for (const band of view.bands) {
    if (band.row.kind !== "heat") continue;
    const tall = band.height / 4;
    const y = band.y + tall * BASES.indexOf(alt);
    // two tones, so that the outline stands out on light and on dark cells alike
    ctx.strokeStyle = view.theme.paper;
    ctx.lineWidth = chosen ? 5 : 3;
    ctx.strokeRect(x - 1, y - 1, wide + 1, tall + 1);
    ctx.strokeStyle = view.theme.ink;
    ctx.lineWidth = chosen ? 2.5 : 1.25;
    ctx.strokeRect(x - 1, y - 1, wide + 1, tall + 1);
  }
}

function drawRange(view, ctx, [start, end]) {
  const x = xOf(view, start);
  const wide = Math.max(2, xOf(view, end) - x);
  ctx.fillStyle = view.theme.accent;
  ctx.globalAlpha = 0.08; // colours underneath must stay comparable
  ctx.fillRect(x, AXIS, wide, view.height - AXIS - GAP);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = view.theme.accent;
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x, AXIS, wide, view.height - AXIS - GAP);
}

// Row "marks": named intervals in lanes.

function drawMarks(view, ctx, band) {
  const { row } = band;
  ctx.font = fontOf(view, 12);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  const free = new Array(row.lanes).fill(-Infinity); // where the last label of a lane ended
  const [from, to] = visible(view);
  for (let i = 0; i < row.starts.length; i++) {
    if (row.ends[i] <= from || row.starts[i] >= to) continue;
    drawMark(view, ctx, band, i, free);
  }
}

/** One interval: a bar with an arrow head for its strand, its label inside or just behind it. */
function drawMark(view, ctx, band, i, free) {
  const { row } = band;
  const x0 = Math.max(view.plot.left, xOf(view, row.starts[i]));
  const x1 = Math.min(view.plot.right, Math.max(xOf(view, row.ends[i]), x0 + 2));
  const y = band.y + row.lane[i] * LANE + 2;
  const head = Math.min(5, (x1 - x0) / 3);
  if (x1 - x0 < 4) {
    ctx.fillStyle = view.theme.bases[1];
    ctx.fillRect(x0, y, x1 - x0, LANE - 4);
  } else drawArrow(view, ctx, x0, x1, y, head, row.strands[i]);
  drawLabel(view, ctx, row, i, { x0, x1, y, head }, free);
}

function drawArrow(view, ctx, x0, x1, y, head, strand) {
  const tall = LANE - 4;
  const [left, right] = [strand === "-" ? head : 0, strand === "+" ? head : 0];
  ctx.beginPath();
  ctx.moveTo(x0 + left, y);
  ctx.lineTo(x1 - right, y);
  ctx.lineTo(x1, y + tall / 2);
  ctx.lineTo(x1 - right, y + tall);
  ctx.lineTo(x0 + left, y + tall);
  ctx.lineTo(x0, y + tall / 2);
  ctx.closePath();
  ctx.globalAlpha = 0.28;
  ctx.fillStyle = view.theme.bases[1];
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = view.theme.bases[1];
  ctx.lineWidth = 1;
  ctx.stroke();
}

/** `free[lane]` is where the last label of a lane ended; a label without room is left out. */
function drawLabel(view, ctx, row, i, { x0, x1, y, head }, free) {
  const lane = row.lane[i];
  const next = Math.min(view.plot.right, xOf(view, row.next[i]));
  if (x1 < free[lane] || next - x0 < 14) return;
  const wide = labelWidth(view, ctx, row, i);
  const inside = wide + 8 + head <= x1 - x0;
  const x = inside ? x0 + 4 + (row.strands[i] === "-" ? head : 0) : x1 + 4;
  if (x < free[lane] || x + wide > (inside ? view.plot.right : next)) return;
  ctx.fillStyle = view.theme.ink;
  ctx.fillText(row.labels[i], x, y + (LANE - 4) / 2 + 0.5);
  free[lane] = x + wide + 4;
}

/** Measuring text is the slowest step of a row with thousands of marks: once per label. */
function labelWidth(view, ctx, row, i) {
  if (row.measuredIn !== ctx.font) [row.measuredIn, row.widths] = [ctx.font, new Map()];
  const label = row.labels[i];
  if (!row.widths.has(label)) row.widths.set(label, ctx.measureText(label).width);
  return row.widths.get(label);
}

/** Drawn in the gutter and behind the data. */
const AXES = {
  letters: drawBaseKey, logo: drawValueAxis, heat: drawBaseLabels, profile: drawValueAxis,
};

/** Drawn inside the plot. */
const PAINTERS = {
  letters: drawLetters, logo: drawLogo, heat: drawHeat, profile: drawProfile, marks: drawMarks,
};

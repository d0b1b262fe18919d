// Row "profile": values along the sequence, as steps or as overlapping windows.

/** Indices [first, last) of the steps that can touch the bases [from, to); starts ascend. */
function stepsIn(row, from, to) {
  return [lowerBound(row.starts, from - row.widest), lowerBound(row.starts, to)];
}

function lowerBound(sorted, value) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawProfile(view, ctx, band) {
  const { row } = band;
  const [first, last] = stepsIn(row, ...visible(view));
  if (last - first > 2 * view.plot.width) drawProfileEnvelope(view, ctx, band, first, last);
  else if (row.overlapping) drawWindows(view, ctx, band, first, last);
  else drawSteps(view, ctx, band, first, last);
}

function drawSpread(view, ctx, band, first, last) {
  const { row } = band;
  if (!row.spread) return;
  ctx.globalAlpha = 0.25;
  for (let i = first; i < last; i++) {
    const x = xOf(view, row.starts[i]);
    const top = yOf(band, row.values[i] + row.spread[i]);
    const low = yOf(band, row.values[i] - row.spread[i]);
    ctx.fillRect(x, top, xOf(view, row.ends[i]) - x, low - top);
  }
  ctx.globalAlpha = 1;
}

function drawSteps(view, ctx, band, first, last) {
  const { row } = band;
  const zero = yOf(band, 0);
  ctx.fillStyle = view.theme.bases[1];
  ctx.globalAlpha = 0.35;
  for (let i = first; i < last; i++) {
    const x = xOf(view, row.starts[i]);
    ctx.fillRect(x, zero, xOf(view, row.ends[i]) - x, yOf(band, row.values[i]) - zero);
  }
  ctx.globalAlpha = 1;
  drawSpread(view, ctx, band, first, last);
  for (let i = first; i < last; i++) {
    const x = xOf(view, row.starts[i]);
    ctx.fillRect(x, yOf(band, row.values[i]) - 1, Math.max(1, xOf(view, row.ends[i]) - x), 2);
  }
}

/** Overlapping windows: each as its own level, a dot at its middle, the dots joined by a line. */
function drawWindows(view, ctx, band, first, last) {
  const { row } = band;
  ctx.fillStyle = view.theme.bases[1];
  ctx.strokeStyle = view.theme.bases[1];
  ctx.globalAlpha = 0.6;
  drawSpread(view, ctx, band, first, last);
  for (let i = first; i < last; i++) {
    const x = xOf(view, row.starts[i]);
    ctx.fillRect(x, yOf(band, row.values[i]) - 0.75, xOf(view, row.ends[i]) - x, 1.5);
  }
  ctx.globalAlpha = 1;
  // seen from near, a slope between two windows would look like data
  if (view.plot.width > 80 * (last - first)) return;
  const middle = (i) => xOf(view, (row.starts[i] + row.ends[i]) / 2);
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = first; i < last; i++) ctx.lineTo(middle(i), yOf(band, row.values[i]));
  ctx.stroke();
  if (view.plot.width < 6 * (last - first)) return; // dots would merge into a band
  ctx.beginPath();
  for (let i = first; i < last; i++) {
    const y = yOf(band, row.values[i]);
    ctx.moveTo(middle(i) + 3, y);
    ctx.arc(middle(i), y, 3, 0, 2 * Math.PI);
  }
  ctx.fill();
}

function drawProfileEnvelope(view, ctx, band, first, last) {
  const { row } = band;
  const columns = Math.ceil(view.plot.width);
  const low = new Float32Array(columns).fill(Infinity);
  const high = new Float32Array(columns).fill(-Infinity);
  for (let i = first; i < last; i++) {
    const at = Math.floor(xOf(view, row.starts[i]) - view.plot.left);
    if (at < 0 || at >= columns || Number.isNaN(row.values[i])) continue;
    low[at] = Math.min(low[at], row.values[i]);
    high[at] = Math.max(high[at], row.values[i]);
  }
  ctx.fillStyle = view.theme.bases[1];
  for (let at = 0; at < columns; at++) {
    if (low[at] > high[at]) continue;
    const top = yOf(band, high[at]);
    ctx.fillRect(view.plot.left + at, top - 0.5, 1, yOf(band, low[at]) - top + 1);
  }
}

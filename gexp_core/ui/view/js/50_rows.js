// One painter per kind of row. Each draws only what is visible, inside its band {y, height}.

/** Walk the pixel columns of a row: visit(x, first, last) with the bases [first, last) under x. */
function eachColumn(view, start, end, step, visit) {
  const { left, right } = view.plot;
  for (let x = left; x < right; x += step) {
    const first = Math.max(start, Math.floor(positionAt(view, x)));
    const last = Math.min(end, Math.max(first + 1, Math.floor(positionAt(view, x + step))));
    if (first < last) visit(x, first, last);
  }
}

const yOf = (band, value) => {
  const { lo, hi } = band.row;
  const inside = Math.min(hi, Math.max(lo, value));
  return band.y + ((hi - inside) / (hi - lo)) * band.height;
};

/** Value axis: grid, zero line and numbers in the gutter. */
function drawValueAxis(view, ctx, band) {
  const { lo, hi, kind } = band.row;
  const ticks = ticksBetween(lo, hi, Math.max(2, Math.floor(band.height / 26)));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  ctx.font = fontOf(view, 12);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const tick of ticks) {
    const y = Math.round(yOf(band, tick)) + 0.5;
    ctx.fillStyle = tick === 0 ? view.theme.zero : view.theme.line;
    ctx.fillRect(view.plot.left, y - 0.5, view.plot.width, 1);
    ctx.fillStyle = view.theme.ink;
    ctx.fillText(tickText(tick, step, kind === "logo"), view.plot.left - 8, y);
  }
}

function drawAbsent(view, ctx, band, from, to) {
  const left = Math.max(view.plot.left, xOf(view, from));
  const right = Math.min(view.plot.right, xOf(view, to));
  if (right <= left) return;
  ctx.fillStyle = view.theme.absent;
  ctx.fillRect(left, band.y, right - left, band.height);
}

/** What a row does not cover is shaded, so that it is not taken for zero. */
function drawUncovered(view, ctx, band) {
  const { start, width } = band.row;
  if (start > 0) drawAbsent(view, ctx, band, 0, start);
  if (start + width < view.model.length) {
    drawAbsent(view, ctx, band, start + width, view.model.length);
  }
}

// --- letters -------------------------------------------------------------------------------

function drawLetters(view, ctx, band) {
  const size = perBase(view);
  if (size >= SPELL_PX) spellBases(view, ctx, band, size);
  else if (size >= 1) blockBases(view, ctx, band, size);
  else drawGC(view, ctx, band);
}

function spellBases(view, ctx, band, size) {
  const { codes } = view.model;
  const [first, last] = visible(view);
  const width = Math.min(size * 0.82, 15);
  const height = Math.min(band.height - 10, 20);
  const y = band.y + (band.height - height) / 2;
  for (let i = first; i < last; i++) {
    const x = xOf(view, i) + (size - width) / 2;
    ctx.fillStyle = view.theme.bases[codes[i]];
    drawLetter(ctx, codes[i], x, y, width, height, false);
  }
}

function blockBases(view, ctx, band, size) {
  const { codes } = view.model;
  const [first, last] = visible(view);
  for (let code = 0; code < 5; code++) {
    ctx.fillStyle = view.theme.bases[code];
    ctx.beginPath();
    for (let i = first; i < last; i++) {
      if (codes[i] === code) ctx.rect(xOf(view, i), band.y + 6, size, band.height - 12);
    }
    ctx.fill();
  }
}

/** Below one pixel per base letters are noise: show the share of G and C around each column. */
function drawGC(view, ctx, band) {
  const { gc, length } = view.model;
  const around = gcWindow(view) / 2;
  ctx.fillStyle = view.theme.line;
  ctx.fillRect(view.plot.left, band.y + band.height / 2, view.plot.width, 1);
  ctx.strokeStyle = view.theme.ink;
  ctx.lineWidth = 1.25;
  ctx.beginPath();
  eachColumn(view, 0, length, 1, (x, first, last) => {
    const middle = (first + last) / 2;
    const from = Math.max(0, Math.floor(middle - around));
    const to = Math.min(length, Math.ceil(middle + around));
    ctx.lineTo(x, band.y + band.height * (1 - (gc[to] - gc[from]) / (to - from)));
  });
  ctx.stroke();
}

/** Bases that one point of the GC curve averages: 8 pixels' worth, 50 at least. */
const gcWindow = (view) => Math.max(50, Math.round(8 / perBase(view)));

function drawGCAxis(view, ctx, band) {
  if (perBase(view) >= 1) return;
  ctx.font = fontOf(view, 11);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = view.theme.ink;
  ctx.fillText("GC 100%", view.plot.left - 8, band.y + 5);
  ctx.fillText("0%", view.plot.left - 8, band.y + band.height - 4);
}

// --- logo ----------------------------------------------------------------------------------

function drawLogo(view, ctx, band) {
  drawUncovered(view, ctx, band);
  const size = perBase(view);
  if (size >= LETTER_PX) drawStacks(view, ctx, band, size);
  else if (size >= 1) drawBars(view, ctx, band, size);
  else drawEnvelope(view, ctx, band);
}

function drawStacks(view, ctx, band, size) {
  const { row } = band;
  const { codes } = view.model;
  const [first, last] = visible(view);
  const order = [0, 1, 2, 3];
  const at = (i, b) => row.values[b * row.width + i - row.start];
  const from = Math.max(first, row.start);
  const to = Math.min(last, row.start + row.width);
  const scale = band.height / (row.hi - row.lo);
  const zero = yOf(band, 0);
  for (let i = from; i < to; i++) {
    const x = xOf(view, i) + size * 0.02;
    let [up, down] = [zero, zero];
    const put = (code, value) => {
      const tall = Math.abs(value) * scale;
      if (!(tall > 0.3)) return;
      ctx.fillStyle = view.theme.bases[code];
      const y = value > 0 ? up - tall : down;
      if (value > 0) up -= tall;
      else down += tall;
      if (code === 4 || tall < 1.5) ctx.fillRect(x, y, size * 0.96, tall);
      else drawLetter(ctx, code, x, y, size * 0.96, tall, value < 0);
    };
    if (row.channels === 1) {
      put(codes[i], at(i, 0));
      continue;
    }
    // the smallest stands next to the zero line, as in every logo
    order.sort((p, q) => Math.abs(at(i, p)) - Math.abs(at(i, q)));
    for (const b of order) put(b, at(i, b));
  }
}

/** Too narrow for letters, wide enough to see each base: bars in the colour of the tallest. */
function drawBars(view, ctx, band, size) {
  const { row } = band;
  const [first, last] = visible(view);
  for (let code = 0; code < 5; code++) {
    ctx.fillStyle = view.theme.bases[code];
    ctx.beginPath();
    for (let i = Math.max(first, row.start); i < Math.min(last, row.start + row.width); i++) {
      if (row.tallest[i - row.start] !== code) continue;
      const top = yOf(band, row.up[i - row.start]);
      ctx.rect(xOf(view, i), top, size, yOf(band, row.down[i - row.start]) - top);
    }
    ctx.fill();
  }
}

/** Several bases per pixel: the highest and the lowest of them, nothing averaged away. */
function drawEnvelope(view, ctx, band) {
  const { row } = band;
  const step = 1 / view.dpr;
  const zero = yOf(band, 0);
  for (const [sums, colour] of [[row.up, view.theme.high], [row.down, view.theme.low]]) {
    ctx.fillStyle = colour;
    ctx.beginPath();
    eachColumn(view, row.start, row.start + row.width, step, (x, first, last) => {
      let extreme = 0;
      for (let i = first - row.start; i < last - row.start; i++) {
        if (Math.abs(sums[i]) > Math.abs(extreme)) extreme = sums[i];
      }
      if (extreme) ctx.rect(x, zero, step, yOf(band, extreme) - zero);
    });
    ctx.fill();
  }
}

// --- heat map ------------------------------------------------------------------------------

function drawBaseLabels(view, ctx, band) {
  ctx.font = fontOf(view, 12, 600);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = view.theme.ink;
  const tall = band.height / 4;
  for (let b = 0; b < 4; b++) {
    ctx.fillText(BASES[b], view.plot.left - 8, band.y + tall * (b + 0.5));
  }
}

function drawHeat(view, ctx, band) {
  drawUncovered(view, ctx, band);
  const size = perBase(view);
  if (size >= CELL_PX) drawCells(view, ctx, band, size, band.height / 4);
  else drawHeatImage(view, ctx, band);
}

function drawCells(view, ctx, band, size, tall) {
  const { row } = band;
  const { codes } = view.model;
  const [first, last] = visible(view);
  const gap = size >= 7 ? 1 : 0;
  const snap = (x) => Math.round(x * view.dpr) / view.dpr; // no seams between cells
  const from = Math.max(first, row.start);
  const to = Math.min(last, row.start + row.width);
  for (let b = 0; b < 4; b++) {
    const y = band.y + tall * b;
    for (let i = from; i < to; i++) {
      const value = row.values[b * row.width + i - row.start];
      const x = snap(xOf(view, i));
      const wide = snap(xOf(view, i + 1)) - x - gap;
      ctx.fillStyle = Number.isFinite(value)
        ? view.theme.ramp.css[level(value, row.limit)] : view.theme.absent;
      ctx.fillRect(x, y, wide, tall - 1);
    }
  }
  ctx.fillStyle = view.theme.ink;
  for (let i = from; i < to; i++) {
    if (codes[i] < 4) markReference(ctx, codes[i], xOf(view, i), band.y + tall * codes[i], size, tall);
  }
}

/** The base that is there has no effect by definition: its letter, or a dot where it would blur. */
function markReference(ctx, code, x, y, size, tall) {
  if (size >= 9) {
    const wide = Math.min(9, size * 0.6);
    drawLetter(ctx, code, x + (size - 1 - wide) / 2, y + (tall - 12) / 2, wide, 11, false);
    return;
  }
  const dot = Math.min(2, size / 3);
  ctx.beginPath();
  ctx.arc(x + size / 2, y + tall / 2, dot, 0, 2 * Math.PI);
  ctx.fill();
}

/** Many bases: one image, a column per device pixel, each showing its strongest effect. */
function drawHeatImage(view, ctx, band) {
  const { row } = band;
  const step = 1 / view.dpr;
  const columns = Math.max(1, Math.ceil(view.plot.width * view.dpr));
  const image = new ImageData(columns, 4);
  const pixels = new Uint32Array(image.data.buffer);
  eachColumn(view, row.start, row.start + row.width, step, (x, first, last) => {
    const column = Math.round((x - view.plot.left) * view.dpr);
    if (column >= columns) return;
    for (let b = 0; b < 4; b++) {
      let strongest = NaN;
      for (let k = b * row.width + first - row.start; k < b * row.width + last - row.start; k++) {
        if (!(Math.abs(row.values[k]) <= Math.abs(strongest))) {
          if (Number.isFinite(row.values[k])) strongest = row.values[k];
        }
      }
      if (Number.isFinite(strongest)) {
        pixels[b * columns + column] = view.theme.ramp.pixels[level(strongest, row.limit)];
      }
    }
  });
  const sheet = (view.sheet ??= document.createElement("canvas"));
  sheet.width = columns;
  sheet.height = 4;
  sheet.getContext("2d").putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(sheet, view.plot.left, band.y, columns * step, band.height - 1);
}

// --- profile -------------------------------------------------------------------------------

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
  ctx.lineWidth = 1;
  ctx.beginPath();
  const middle = (i) => xOf(view, (row.starts[i] + row.ends[i]) / 2);
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
    if (at < 0 || at >= columns) continue;
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

// --- marks ---------------------------------------------------------------------------------

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
  const tall = LANE - 4;
  const strand = row.strands[i];
  const head = Math.min(5, (x1 - x0) / 3);
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
  const wide = ctx.measureText(row.labels[i]).width;
  const inside = wide + 8 <= x1 - x0 - left - right;
  const x = inside ? x0 + left + 4 : x1 + 4;
  if (x < free[row.lane[i]] || x + wide > view.plot.right) return;
  if (!inside && nextInLane(row, i) < positionAt(view, x + wide)) return;
  ctx.fillStyle = view.theme.ink;
  ctx.fillText(row.labels[i], x, y + tall / 2 + 0.5);
  free[row.lane[i]] = x + wide + 4;
}

function nextInLane(row, i) {
  for (let k = i + 1; k < row.starts.length; k++) {
    if (row.lane[k] === row.lane[i]) return row.starts[k];
  }
  return Infinity;
}

/** Drawn in the gutter and behind the data. */
const AXES = {
  letters: drawGCAxis, logo: drawValueAxis, heat: drawBaseLabels, profile: drawValueAxis,
};

/** Drawn inside the plot. */
const PAINTERS = {
  letters: drawLetters, logo: drawLogo, heat: drawHeat, profile: drawProfile, marks: drawMarks,
};

// Row "heat": the effect of every possible base, as colour.

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
  drawPixels(view, ctx, band, 4, (pixels, columns) => {
    eachColumn(view, row.start, row.start + row.width, 1 / view.dpr, (x, first, last) => {
      const column = Math.round((x - view.plot.left) * view.dpr);
      if (column >= columns) return;
      for (let b = 0; b < 4; b++) {
        let [strongest, most] = [NaN, -1];
        for (let k = b * row.width + first - row.start; k < b * row.width + last - row.start; k++) {
          const value = row.values[k];
          const size = Math.abs(value);
          if (size > most && size < Infinity) [strongest, most] = [value, size];
        }
        if (most >= 0) pixels[b * columns + column] = view.theme.ramp.pixels[level(strongest, row.limit)];
      }
    });
  });
}

// What the painters of 51-55 share. Each draws only what is visible, inside its band {y, height}.

/** Walk the pixel columns of a row: visit(x, first, last) with the bases [first, last) under x. */
function eachColumn(view, start, end, step, visit) {
  const { left, right } = view.plot;
  for (let x = left; x < right; x += step) {
    const first = Math.max(start, Math.floor(positionAt(view, x)));
    const last = Math.min(end, Math.max(first + 1, Math.floor(positionAt(view, x + step))));
    if (first < last) visit(x, first, last);
  }
}

/**
 * Fill a band from pixels, `tall` rows of one column per device pixel: far fewer steps than a
 * rectangle for each. `put(pixels, columns)` writes little-endian RGBA; 0 is see-through.
 */
function drawPixels(view, ctx, band, tall, put) {
  const { row } = band;
  const columns = Math.max(1, Math.ceil(view.plot.width * view.dpr));
  if (row.sheet?.width !== columns || row.sheet.height !== tall) {
    row.sheet = Object.assign(document.createElement("canvas"), { width: columns, height: tall });
    row.image = new ImageData(columns, tall);
  }
  const pixels = new Uint32Array(row.image.data.buffer);
  pixels.fill(0);
  put(pixels, columns);
  row.sheet.getContext("2d").putImageData(row.image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(row.sheet, view.plot.left, band.y, columns / view.dpr, band.height);
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

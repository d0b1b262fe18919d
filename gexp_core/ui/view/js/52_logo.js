// Row "logo": letters as tall as their scores, bars where letters would blur.

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
  const { lo, hi } = row;
  const tall = Math.max(1, Math.round(band.height * view.dpr));
  const yAt = (value) => Math.round(((hi - Math.min(hi, Math.max(lo, value))) / (hi - lo)) * tall);
  const zero = yAt(0);
  const [above, below] = [view.theme.high, view.theme.low].map(pixelOf);
  drawPixels(view, ctx, band, tall, (pixels, columns) => {
    eachColumn(view, row.start, row.start + row.width, 1 / view.dpr, (x, first, last) => {
      const column = Math.round((x - view.plot.left) * view.dpr);
      if (column >= columns) return;
      let [up, down] = [0, 0];
      for (let i = first - row.start; i < last - row.start; i++) {
        if (row.up[i] > up) up = row.up[i];
        if (row.down[i] < down) down = row.down[i];
      }
      // whatever is not 0 is seen
      const top = up > 0 ? Math.min(yAt(up), zero - 1) : zero;
      const low = down < 0 ? Math.max(yAt(down), zero + 1) : zero;
      for (let y = Math.max(0, top); y < zero; y++) pixels[y * columns + column] = above;
      for (let y = zero; y < Math.min(tall, low); y++) pixels[y * columns + column] = below;
    });
  });
}

// Row "letters": the bases themselves, or from afar the share of G and C.

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
    // half a letter at the edge would read as another character
    if (x < view.plot.left - 1 || x + width > view.plot.right + 1) continue;
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
  const tall = Math.max(1, Math.round(band.height * view.dpr));
  const ink = pixel(...view.theme.inkRgb) & 0xffffff;
  const half = 0.65 * view.dpr;
  let before = null;
  // stroking a path of a thousand points takes longer than all other rows together
  drawPixels(view, ctx, band, tall, (pixels, columns) => {
    eachColumn(view, 0, length, 1 / view.dpr, (x, first, last) => {
      const middle = (first + last) / 2;
      const from = Math.max(0, Math.floor(middle - around));
      const to = Math.min(length, Math.ceil(middle + around));
      const y = half + (tall - 2 * half) * (1 - (gc[to] - gc[from]) / (to - from));
      const column = Math.round((x - view.plot.left) * view.dpr);
      const [top, low] = [Math.min(y, before ?? y) - half, Math.max(y, before ?? y) + half];
      before = y;
      if (column >= columns) return;
      for (let row = Math.max(0, Math.floor(top)); row < Math.min(tall, Math.ceil(low)); row++) {
        const share = Math.min(row + 1, low) - Math.max(row, top); // of this pixel, up and down
        pixels[row * columns + column] = ((Math.round(255 * share) << 24) | ink) >>> 0;
      }
    });
  });
}

/** Bases that one point of the GC curve averages: 8 pixels' worth, 50 at least. */
const gcWindow = (view) => Math.max(50, Math.round(8 / perBase(view)));

/** In the gutter: which colour is which base while they are blocks, or the axis of the GC curve. */
function drawBaseKey(view, ctx, band) {
  if (perBase(view) < 1) {
    drawGCAxis(view, ctx, band);
    return;
  }
  if (perBase(view) >= SPELL_PX) return;
  for (let code = 0; code < 4; code++) {
    ctx.fillStyle = view.theme.bases[code];
    drawLetter(ctx, code, 6 + code * 12, band.y + band.height / 2 - 6, 9, 12, false);
  }
}

function drawGCAxis(view, ctx, band) {
  ctx.font = fontOf(view, 11);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillStyle = view.theme.ink;
  ctx.fillText("GC 100%", view.plot.left - 8, band.y + 5);
  ctx.fillText("0%", view.plot.left - 8, band.y + band.height - 4);
}

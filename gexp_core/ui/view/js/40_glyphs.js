// Letters as outlines: no font to load, and they stretch without blurring.

const OUTLINES = [...BASES].map((base) => new Path2D(GLYPHS[base]));

/** Fill letter `code` into a box; `flip` stands it on its head (scores below 0). */
function drawLetter(ctx, code, x, y, width, height, flip) {
  const { a, d, e, f } = ctx.getTransform();
  const tall = height / GLYPH_BOX;
  ctx.setTransform(
    (a * width) / GLYPH_BOX, 0, 0, flip ? -d * tall : d * tall,
    e + a * x, f + d * (flip ? y + height : y),
  );
  ctx.fill(OUTLINES[code], "nonzero");
  ctx.setTransform(a, 0, 0, d, e, f);
}

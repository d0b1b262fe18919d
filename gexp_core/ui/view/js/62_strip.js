// The overview: the whole sequence in one strip, and where the window lies on it.

/** The row that the overview draws: the first that has values, of the kind that says most. */
function stripRow(view) {
  const first = (kind) => view.model.rows.find((r) => r.kind === kind && !r.empty);
  return first("logo") ?? first("heat") ?? first("profile");
}

/** One number per pixel of the whole sequence, from the row that the overview draws. */
function stripHeights(view) {
  const row = stripRow(view);
  const columns = Math.min(view.model.length, Math.max(1, Math.floor(view.plot.width)));
  const heights = new Float32Array(columns);
  if (!row) return heights;
  const put = (position, value) => {
    const at = Math.min(columns - 1, Math.floor((position / view.model.length) * columns));
    if (Math.abs(value) > Math.abs(heights[at])) heights[at] = value;
  };
  if (row.kind === "profile") row.values.forEach((value, i) => put(row.starts[i], value));
  else if (row.kind === "logo") {
    for (let i = 0; i < row.width; i++) {
      put(row.start + i, row.up[i] > -row.down[i] ? row.up[i] : row.down[i]);
    }
  } else {
    for (let k = 0; k < row.values.length; k++) put(row.start + (k % row.width), row.values[k]);
  }
  return heights;
}

/** What stays the same from frame to frame, made once; `view.stripSheet = null` has it made anew. */
function stripSheet(view) {
  if (view.stripSheet) return view.stripSheet;
  const { plot, theme } = view;
  const sheet = document.createElement("canvas");
  const ctx = freshContext(view, sheet, view.width, STRIP);
  const heights = stripHeights(view);
  const most = heights.reduce((best, value) => Math.max(best, Math.abs(value)), 0) || 1;
  const middle = heights.some((value) => value < 0) ? STRIP / 2 : STRIP - 3;
  const room = middle === STRIP / 2 ? STRIP / 2 - 3 : STRIP - 6;
  ctx.fillStyle = theme.absent;
  ctx.fillRect(plot.left, 1, plot.width, STRIP - 2);
  ctx.fillStyle = theme.zero;
  const wideBar = plot.width / heights.length;
  heights.forEach((value, n) =>
    ctx.fillRect(plot.left + n * wideBar, middle, wideBar, (-value / most) * room));
  ctx.font = fontOf(view, 12);
  ctx.fillStyle = theme.ink;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText("overview", 4, STRIP / 2);
  const drawn = stripRow(view);
  view.els.strip.title = drawn
    ? `Overview of the whole sequence: ${drawn.title}, strongest per pixel. Press or drag to move.`
    : "Overview of the whole sequence. Press or drag to move.";
  view.stripSheet = sheet;
  return sheet;
}

function drawStrip(view) {
  const ctx = freshContext(view, view.els.strip, view.width, STRIP);
  const { plot, theme, model, win } = view;
  ctx.drawImage(stripSheet(view), 0, 0, view.width, STRIP);
  const x0 = plot.left + (win.start / model.length) * plot.width;
  const wide = Math.max(4, (win.span / model.length) * plot.width);
  ctx.fillStyle = theme.accent;
  ctx.globalAlpha = 0.16;
  if (win.span < model.length) ctx.fillRect(x0, 1, wide, STRIP - 2);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.strokeRect(x0 + 1, 2, Math.max(2, wide - 2), STRIP - 4);
}

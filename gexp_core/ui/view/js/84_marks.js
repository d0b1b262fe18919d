// Marks that are chosen: a click on one, or Enter at it, selects its stretch.

/** The mark under the pointer, in its lane (or in any, `lane` null); the shortest where several are. */
function markAt(view, row, position, lane) {
  const slack = lane === null ? 0 : 3 / perBase(view); // far out a mark is a line of two pixels
  let best = -1;
  for (let i = 0; i < row.starts.length; i++) {
    if (lane !== null && row.lane[i] !== lane) continue;
    if (position + 0.5 < row.starts[i] - slack || position + 0.5 > row.ends[i] + slack) continue;
    const size = (k) => row.ends[k] - row.starts[k];
    if (best < 0 || size(i) < size(best)) best = i;
  }
  return best;
}

function chooseMark(view, row, i) {
  view.range = [row.starts[i], row.ends[i]];
  say(view, row.labels[i]);
  sendRange(view);
}

/** Enter at a base: the shortest mark there, from the top row that has one; whether there was one. */
function chooseMarkAt(view, position) {
  for (const row of view.model.rows) {
    if (row.kind !== "marks") continue;
    const i = markAt(view, row, position, null);
    if (i >= 0) {
      chooseMark(view, row, i);
      return true;
    }
  }
  return false;
}

// One piece of a view: it is put on the shelf as long as its place on the page stands.

const HELD = new WeakMap(); // place on the page -> the last call for it, with the piece it brought

function put({ view, stamp, body, frame }) {
  if (frame) SHELF.frames.set(view, frame);
  else {
    const found = SHELF.parts.get(stamp) ?? { body, count: 0 };
    found.count += 1;
    SHELF.parts.set(stamp, found);
  }
}

function drop({ view, stamp, frame }) {
  if (frame) {
    if (SHELF.frames.get(view) === frame) SHELF.frames.delete(view);
    return;
  }
  const found = SHELF.parts.get(stamp);
  if (found) found.count -= 1;
  if (found && found.count <= 0) SHELF.parts.delete(stamp);
}

export default function (component) {
  const { data, parentElement: root } = component;
  if (!data) return undefined;
  const before = HELD.get(root);
  const call = { data };
  HELD.set(root, call);
  if (before?.data !== data) { // the same again where the theme changed
    put(data);
    if (before) drop(before.data);
  }
  for (const tell of SHELF.views) tell(data.view);
  return () => {
    if (HELD.get(root) !== call) return; // 05_shelf.js says why
    HELD.delete(root);
    drop(data);
  };
}

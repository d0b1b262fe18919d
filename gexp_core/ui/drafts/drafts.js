// The browser side of drafts: text that is typed and not sent yet outlives a reload of the page.
// Nothing is sent from here; the text lies in this tab's session storage.

const MOST = 200_000; // characters of one draft; a longer text is a file, and is uploaded
const TRIES = 40; // boxes in tabs that are not drawn yet are waited for
const PAUSE = 100; // milliseconds between tries

const shelf = (key) => `gexp-draft ${key}`;

const box = (key) => document.querySelector(`.st-key-${CSS.escape(key)} :is(textarea, input[type=text])`);

function read(key) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(shelf(key)));
    return typeof kept?.base === "string" && typeof kept.text === "string" ? kept : null;
  } catch {
    return null; // no storage, or not what was written here
  }
}

function write(key, base, text) {
  try {
    if (text.length > MOST) sessionStorage.removeItem(shelf(key));
    else sessionStorage.setItem(shelf(key), JSON.stringify({ base, text }));
  } catch {
    // full or forbidden: the draft ends with the page, as it would without this
  }
}

function forget(key) {
  try {
    sessionStorage.removeItem(shelf(key));
  } catch {
    // no storage, so no draft
  }
}

/** Put a text into a box as if it had been typed: the page's own script must see it come. */
function put(field, text) {
  const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value");
  set.call(field, text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function restore(view, key, tries) {
  const kept = read(key);
  if (!kept || view.gone || view.typed.has(key)) return;
  // what the server knows has changed since: the draft was sent, or something took its place;
  // where it knows nothing it has forgotten, and the draft is all there is
  if (kept.base !== view.bases[key] && view.bases[key] !== "") {
    forget(key);
    return;
  }
  const field = box(key);
  if (field) {
    if (field.value !== kept.text) put(field, kept.text);
  } else if (tries > 0) setTimeout(() => restore(view, key, tries - 1), PAUSE);
}

const VIEWS = new WeakMap();

function create(parentElement, bases) {
  const view = { bases, typed: new Set(), gone: false, call: null };
  view.listen = ({ target }) => {
    const key = Object.keys(view.bases).find((one) => box(one) === target);
    if (!key) return;
    view.typed.add(key);
    write(key, view.bases[key], target.value);
  };
  VIEWS.set(parentElement, view);
  document.addEventListener("input", view.listen);
  for (const key of Object.keys(bases)) restore(view, key, TRIES);
  return view;
}

export default function ({ data, parentElement }) {
  if (!data) return undefined;
  const known = VIEWS.get(parentElement);
  const view = known ?? create(parentElement, data.bases);
  if (known) {
    // the server took a text: what was typed until then is no draft any more
    for (const key of Object.keys(data.bases)) {
      if (data.bases[key] !== view.bases[key]) forget(key);
    }
    view.bases = data.bases;
  }
  parentElement.querySelector(".gexp-drafts")?.setAttribute("data-ready", ""); // for tests
  const call = {};
  view.call = call;
  return () => {
    if (view.call !== call) return; // called again before the first call was taken away
    view.gone = true;
    VIEWS.delete(parentElement);
    document.removeEventListener("input", view.listen);
  };
}

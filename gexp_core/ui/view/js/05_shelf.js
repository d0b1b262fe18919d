// Where the pieces of a view wait for each other; one for the whole page, whoever comes first makes it.

/**
 * `parts`: stamp -> { body, count } of everything long (letters, numbers); `frames`: key of a view ->
 * what lies where, by stamps; `views`: functions to call when something arrived for a key.
 */
const SHELF = (globalThis[Symbol.for("gexp-sequence-view")] ??= {
  parts: new Map(), frames: new Map(), views: new Set(),
});

// Whoever is called returns what takes it away again. Streamlit's browser side may call twice while a
// script is still being loaded (other data, another theme), and takes the first call away only after
// the second: so nothing but the last call for a place takes it away.

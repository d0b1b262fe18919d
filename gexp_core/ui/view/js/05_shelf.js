// Where the pieces of a view wait for each other; one for the whole page, whoever comes first makes it.

/**
 * `parts`: stamp -> { body, count } of everything long (letters, numbers); `frames`: key of a view ->
 * what lies where, by stamps; `views`: functions to call when something arrived for a key.
 */
const SHELF = (globalThis[Symbol.for("gexp-sequence-view")] ??= {
  parts: new Map(), frames: new Map(), views: new Set(),
});

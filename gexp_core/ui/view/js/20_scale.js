// Numbers to places, colours and words: the shared axis, ticks, number texts, the diverging scale.

/** The window on the sequence: `start` and `span` in bases, both may be fractions. */
function clampWindow(win, length) {
  const span = Math.min(length, Math.max(Math.min(FEWEST_BASES, length), win.span));
  return { span, start: Math.min(length - span, Math.max(0, win.start)) };
}

/** Whole when short; else what has scores where that is short, or of it a readable stretch around
 * the place that matters most. */
function firstWindow(model, plotWidth) {
  if (model.length <= WHOLE_UP_TO) return { start: 0, span: model.length };
  const readable = plotWidth / READABLE_PX;
  const [first, last] = model.within ?? [0, model.length];
  const span = last - first <= WHOLE_UP_TO ? Math.max(readable, last - first) : readable;
  const middle = (first + last) / 2;
  const room = Math.max(0, (last - first - span) / 2); // on either side of the middle
  const away = (model.focus ?? middle) + 0.5 - middle;
  const start = middle + Math.min(room, Math.max(-room, away)) - span / 2;
  return clampWindow({ start, span }, model.length);
}

const perBase = (view) => view.plot.width / view.win.span;
const xOf = (view, position) => view.plot.left + (position - view.win.start) * perBase(view);
const positionAt = (view, x) => view.win.start + (x - view.plot.left) / perBase(view);

/** First and one-past-last base that is at least partly visible. */
function visible(view) {
  const { start, span } = view.win;
  return [Math.max(0, Math.floor(start)), Math.min(view.model.length, Math.ceil(start + span))];
}

function niceStep(rough) {
  const scale = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((m) => m * scale >= rough * 0.999) * scale;
}

/** Labels between lo and hi, 0 among them whenever it is inside. */
function ticksBetween(lo, hi, most) {
  if (!(hi > lo)) return [0];
  const step = niceStep((hi - lo) / most);
  const ticks = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

/** Made once for each count of decimals: making one takes longer than everything it writes. */
const FORMATS = [0, 1, 2, 3, 4, 5, 6].map((digits) => new Intl.NumberFormat("en-GB", {
  minimumFractionDigits: digits, maximumFractionDigits: digits,
}));
const whole = (n) => FORMATS[0].format(Math.round(n));

/** Three significant digits with a true minus; nothing in scientific notation unless it must be. */
function numberText(value, signed = false) {
  if (!Number.isFinite(value)) return "no value";
  const size = Math.abs(value);
  let text;
  if (size === 0) text = "0";
  else if (size >= 1e5 || size < 1e-4) text = size.toExponential(1);
  else if (size >= 100) text = String(Math.round(size));
  else text = size.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4);
  if (value < 0) return `\u2212${text}`;
  return signed && size > 0 ? `+${text}` : text;
}

/** Tick labels share their decimals, so that they read as one scale. */
function tickText(value, step, signed) {
  if (value === 0) return "0";
  if (step < 1e-6) return numberText(value, signed);
  const decimals = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const text = FORMATS[decimals].format(Math.abs(value));
  if (value < 0) return `\u2212${text}`;
  return signed && value > 0 ? `+${text}` : text;
}

const rgbOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** A colour as one pixel; ImageData is little-endian RGBA on every machine a browser runs on. */
const pixel = (red, green, blue) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
const pixelOf = (hex) => pixel(...rgbOf(hex));

/** LEVELS colours from -limit to +limit; `stops` are [place 0..1, "#rrggbb"], 0.5 being zero. */
function ramp(stops) {
  const css = [];
  const pixels = new Uint32Array(LEVELS);
  for (let i = 0; i < LEVELS; i++) {
    const place = i / (LEVELS - 1);
    const at = Math.max(1, stops.findIndex((stop) => stop[0] >= place));
    const [low, high] = [stops[at - 1], stops[at]];
    const share = (place - low[0]) / (high[0] - low[0]);
    const [a, b] = [rgbOf(low[1]), rgbOf(high[1])];
    const [red, green, blue] = a.map((v, c) => Math.round(v + (b[c] - v) * share));
    css.push(`rgb(${red},${green},${blue})`);
    pixels[i] = pixel(red, green, blue);
  }
  return { css, pixels };
}

function level(value, limit) {
  const share = Math.min(1, Math.max(-1, value / limit));
  return Math.round(((share + 1) / 2) * (LEVELS - 1));
}

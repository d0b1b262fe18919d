// What Python sent, unpacked: base64 to typed arrays, plus the sums that every redraw needs.

/** 65,536 half-precision bit patterns as float32; Float16Array is too new to rely on. */
const HALF = (() => {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
})();

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function unpack(packed) {
  if (!packed) return null;
  const { buffer } = bytesOf(packed.b64);
  if (packed.type === "i4") return new Int32Array(buffer);
  if (packed.type === "f4") return new Float32Array(buffer);
  const half = new Uint16Array(buffer);
  const values = new Float32Array(half.length);
  for (let i = 0; i < half.length; i++) values[i] = HALF[half[i]] * packed.scale;
  return values;
}

/** 0-3 for A C G T, 4 for N. */
function codesOf(sequence) {
  const codes = new Uint8Array(sequence.length);
  for (let i = 0; i < codes.length; i++) codes[i] = BASES.indexOf(sequence[i]);
  return codes;
}

/** gc[i] = how many of the first i bases are G or C, so that any stretch is one subtraction. */
function gcBefore(codes) {
  const gc = new Int32Array(codes.length + 1);
  for (let i = 0; i < codes.length; i++) {
    gc[i + 1] = gc[i] + (codes[i] === 1 || codes[i] === 2 ? 1 : 0);
  }
  return gc;
}

/** Heights of the stacks above and below 0, and the base that stands tallest (for bars). */
function stackSums(row, codes) {
  const { values, width, start } = row;
  row.up = new Float32Array(width);
  row.down = new Float32Array(width);
  row.tallest = new Uint8Array(width);
  for (let i = 0; i < width; i++) {
    let best = -1;
    for (let b = 0; b < row.channels; b++) {
      const value = values[b * width + i];
      if (value > 0) row.up[i] += value;
      else if (value < 0) row.down[i] += value;
      if (Math.abs(value) > best) {
        best = Math.abs(value);
        row.tallest[i] = row.channels === 4 ? b : codes[start + i];
      }
    }
  }
}

/** Give every interval the first lane where it overlaps nothing; the last lane takes the rest. */
function stackLanes(row) {
  const ends = [];
  row.lane = row.starts.map((start, i) => {
    let lane = ends.findIndex((end) => end <= start);
    if (lane < 0) lane = Math.min(ends.length, MOST_LANES - 1);
    ends[lane] = Math.max(ends[lane] ?? 0, row.ends[i]);
    return lane;
  });
  row.lanes = Math.max(1, ends.length);
  // where the next mark of the same lane begins: a label may reach that far
  row.next = new Float64Array(row.starts.length).fill(Infinity);
  const seen = new Array(row.lanes).fill(Infinity);
  for (let i = row.starts.length - 1; i >= 0; i--) {
    row.next[i] = seen[row.lane[i]];
    seen[row.lane[i]] = row.starts[i];
  }
}

function stepsOf(row) {
  row.widest = 0;
  row.overlapping = false;
  for (let i = 0; i < row.starts.length; i++) {
    row.widest = Math.max(row.widest, row.ends[i] - row.starts[i]);
    if (i && row.starts[i] < row.ends[i - 1]) row.overlapping = true;
  }
}

const NOTHING = { values: null, spread: null, starts: null, ends: null, labels: [], strands: [] };

/** The numbers of a part, decoded once however often the part is drawn. */
function arraysOf(stamp) {
  if (!stamp) return { ...NOTHING, starts: new Int32Array(0), ends: new Int32Array(0) };
  const held = SHELF.parts.get(stamp);
  if (!held.read) {
    held.read = { ...NOTHING, ...held.body };
    for (const name of ["values", "spread", "starts", "ends"]) {
      held.read[name] = unpack(held.body[name]);
    }
    held.read.starts ??= new Int32Array(0);
    held.read.ends ??= new Int32Array(0);
  }
  return held.read;
}

/**
 * Values of an earlier text on the bases they are of: `runs` are [base now, base then, how many].
 * All other bases have no value.
 */
function lay(values, channels, runs, width) {
  const made = new Float32Array(channels * width).fill(NaN);
  const before = values.length / channels;
  for (let c = 0; c < channels; c++) {
    for (const [now, then, count] of runs) {
      made.set(values.subarray(c * before + then, c * before + then + count), c * width + now);
    }
  }
  return made;
}

/** `previous` is the row that stood here before: an equal one need not be made again. */
function readRow(sent, codes, previous) {
  if (previous && previous.sent.stamp === sent.stamp) return previous;
  const row = { ...sent, ...arraysOf(sent.arrays), sent };
  if (sent.runs) row.values = lay(row.values, row.channels, sent.runs, row.width);
  if (row.kind === "logo") stackSums(row, codes);
  if (row.kind === "profile") stepsOf(row);
  if (row.kind === "marks") stackLanes(row);
  return row;
}

/** `previous` may have been changed at once after a click; then its text differs, and is read again. */
function readModel(frame, previous) {
  const data = { ...frame, sequence: SHELF.parts.get(frame.text).body };
  const same = previous && previous.sequence === data.sequence;
  const codes = same ? previous.codes : codesOf(data.sequence);
  return {
    ...data,
    codes,
    gc: same ? previous.gc : gcBefore(codes),
    length: codes.length,
    rows: data.rows.map((sent, i) => readRow(sent, codes, same ? previous.rows[i] : null)),
  };
}

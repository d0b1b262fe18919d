// The browser side of the genome view: igv.js over what Python sent. igv.js comes from this server when
// the first view is drawn, and is told to ask nobody for anything: no list of genomes, no search service.

const SCRIPTS = new Map(); // address -> the module, on its way or here
const LOCI = new Map(); // what is looked at -> where it was left, so that zoom survives a change of page
const OWN = []; // tracks of the visitor's own, as long as the page stands: { id, file, name, format }
const VIEWS = new WeakMap();
const WENT = new Set(); // wishes to move that were granted; each is granted once
const REST = 600; // milliseconds without a move before the page is told
const MARGIN = 0.05; // of the letters' length, left and right of them at the first look
const MOST_TEXT = 50 * 2 ** 20; // a text file is read as a whole; bigWig is read in pieces
const FORMATS = [
  [/\.(bw|bigwig)$/i, "wig", "bigwig"],
  [/\.(bedgraph|bdg|bg)(\.gz)?$/i, "wig", "bedgraph"],
  [/\.bed(\.gz)?$/i, "annotation", "bed"],
  [/\.narrowpeak(\.gz)?$/i, "annotation", "narrowpeak"],
  [/\.broadpeak(\.gz)?$/i, "annotation", "broadpeak"],
];
const COLOURS = {
  up: "#0072B2", down: "#D55E00", place: "#5b6770", chosen: "#0072B2", own: "#6a3d9a",
  marked: "rgba(230, 159, 0, 0.3)",
};

const script = (address) => {
  if (!SCRIPTS.has(address)) {
    const asked = import(new URL(address, location.origin).href).then((module) => module.default);
    asked.catch(() => SCRIPTS.delete(address)); // may be asked for again
    SCRIPTS.set(address, asked);
  }
  return SCRIPTS.get(address);
};

/** igv.js writes names and its pop-ups as markup; whatever a person wrote must stay text. */
const plain = (text) => String(text).replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const many = (count) => count.toLocaleString("en");

function array(text, Kind) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}

function features(line, chr) {
  const Places = line.kind === "i4" ? Int32Array : Float64Array;
  const end = array(line.end, Places);
  const value = array(line.value, Float32Array);
  return Array.from(array(line.start, Places), (start, i) => (
    { chr, start: line.first + start, end: line.first + end[i], value: value[i] }));
}

/** Room above the values, where igv.js writes the title of a row; two digits are enough for an axis. */
function limits(line) {
  const value = array(line.value, Float32Array);
  let [low, high] = [0, 0];
  for (const one of value) [low, high] = [Math.min(low, one), Math.max(high, one)];
  const room = high - low || 1;
  const round = (number) => Number(number.toPrecision(2));
  const above = line.letters ? 0.25 : 0.45; // lower rows have less room for the same title
  return { min: round(low - 0.05 * room * (low < 0)), max: round(high + above * room) };
}

function lineTrack(line, data, order) {
  return {
    id: line.key,
    type: "wig",
    name: plain(line.unit ? `${line.title} (${line.unit})` : line.title),
    features: features(line, data.chrom),
    graphType: line.letters ? "dynseq" : "bar",
    color: COLOURS.up,
    altColor: COLOURS.down,
    height: line.letters ? 130 : 80,
    autoscale: false,
    ...limits(line),
    removable: false,
    order,
  };
}

function placesTrack(data, order) {
  return {
    id: "places",
    type: "annotation",
    name: "Your sequences (click one)",
    features: data.places.map(([name, start, end, strand], index) => ({
      chr: data.chrom, start, end, name, strand, index,
      color: index === data.chosen ? COLOURS.chosen : COLOURS.place,
    })),
    displayMode: "EXPANDED",
    height: 64,
    maxHeight: 120,
    searchable: false,
    removable: false,
    order,
  };
}

function ownTrack(own, order) {
  return {
    id: own.id, type: own.type, format: own.format, name: plain(own.name), url: own.file,
    _name: plain(own.name), // what a track line in the file would set past the name given here
    color: COLOURS.own, height: 60, autoscale: true, searchable: false, removable: true, order,
  };
}

function firstLocus(data) {
  const [start, end] = data.region;
  const margin = Math.max(2, Math.round(MARGIN * (end - start)));
  return [Math.max(0, start - margin), Math.min(data.length, end + margin)];
}

const locusText = (data, [start, end]) => `${data.chrom}:${start + 1}-${end}`;

function config(data, locus, dark) {
  return {
    loadDefaultGenomes: false,
    genomeList: [],
    search: false,
    queryParametersSupported: false,
    reference: {
      id: "given", // no name that igv.js knows anything about
      fastaURL: `data:text/plain;base64,${data.fasta}`,
      wholeGenomeView: false,
    },
    locus: locusText(data, locus),
    minimumBases: 10,
    showIdeogram: false,
    showChromosomeWidget: false,
    showROITableButton: false,
    showMultiSelectButton: false,
    showSampleNameButton: false,
    showCenterGuideButton: false,
    nucleotideColors: baseColours(dark),
    tracks: [
      ...data.lines.map((line, i) => lineTrack(line, data, i + 1)),
      placesTrack(data, 90),
    ],
  };
}

function say(view, text) {
  view.said.textContent = text;
  view.said.hidden = !text;
}

/** What a click into a row says: the base, counted from 1, and its value. Never igv.js's own markup. */
function clicked(view, track, told, position, found) {
  const { data } = view;
  if (track.id === "places") {
    const one = (found ?? [])[0];
    if (one && one.index !== data.chosen) view.send("place", { index: one.index, stamp: Date.now() });
    return one ? `<div>${plain(one.name)}</div>` : false;
  }
  const at = Math.floor(position);
  const base = `<div>${plain(data.shown)}:${many(at + 1)} (1-based)</div>`;
  const line = data.lines.find((one) => one.key === track.id);
  if (!line) return base + ownWords(told, at);
  const here = view.values.get(line.key).find((one) => one.start <= at && at < one.end);
  return here ? `${base}<div>${here.value.toPrecision(4)} ${plain(line.unit)}</div>` : false;
}

/** What igv.js found in a track of the visitor's own, as text: names and values, without its blanks. */
function ownWords(told, at) {
  const rows = (told ?? []).filter((row) => row && typeof row === "object" && row.name)
    .map((row) => [row.name, row.value].map((one) => String(one).replaceAll("&nbsp;", " ").trim()))
    .filter(([, value]) => value && value !== "NaN");
  const first = rows.findIndex(([name, value]) => name === "Position:" && value === many(at + 1));
  const wanted = first >= 0 ? rows.slice(first + 1, first + 2) : rows; // values of neighbours come along
  return wanted.map(([name, value]) => `<div>${plain(name)} ${plain(value)}</div>`).join("");
}

/** igv.js offers to send letters to a search service (BLAT) in the menu of a right click. */
function withoutMenus(view) {
  for (const { track } of view.browser.trackViews) track.contextMenuItemList = undefined;
}

async function build(view, data) {
  const igv = await script(data.script);
  if (view.gone) return;
  await destroyBrowser(view);
  view.igv = igv;
  const holder = document.createElement("div");
  view.holder.replaceChildren(holder);
  const locus = LOCI.get(data.identity) ?? firstLocus(data);
  view.told = "";
  view.marked = "null";
  const browser = await igv.createBrowser(holder, config(data, locus, isDark(view.section)));
  view.browser = browser;
  browser.on("locuschange", (frames) => browser === view.browser && moved(view, frames));
  browser.on("trackclick", (...told) => clicked(view, ...told));
  browser.on("trackremoved", (track) => browser === view.browser && removed(track));
  browser.navbar.currentGenome.textContent = data.genome;
  browser.navbar.multiTrackSelectButton.setVisibility(false);
  dress(holder);
  for (const own of OWN) await add(view, own);
  withoutMenus(view);
  // in sight once it stands, though nobody moved
  moved(view, view.browser.referenceFrameList);
}

/** Show other values over the same letters; what has not changed stays as it is. */
async function change(view, data) {
  const before = new Map(view.shown.lines.map((line) => [line.key, line.stamp]));
  const now = new Map(data.lines.map((line) => [line.key, line.stamp]));
  for (const [key, stamp] of before) {
    if (now.get(key) !== stamp) drop(view, key);
  }
  for (const [i, line] of data.lines.entries()) {
    if (before.get(line.key) !== line.stamp) await view.browser.loadTrack(lineTrack(line, data, i + 1));
    for (const track of view.browser.findTracks((one) => one.id === line.key)) track.order = i + 1;
  }
  view.browser.reorderTracks(); // a row that is made late stands where it belongs
  if (JSON.stringify([view.shown.places, view.shown.chosen]) !== JSON.stringify([data.places, data.chosen])) {
    drop(view, "places");
    await view.browser.loadTrack(placesTrack(data, 90));
  }
  withoutMenus(view);
}

/** Mark what is selected across all rows. A click on the mark would open a menu that offers to send
    letters to a search service (BLAT): it is not clickable (see dress), nor listed in a table. */
async function mark(view, data) {
  const wanted = JSON.stringify(data.marked);
  if (view.marked === wanted) return;
  view.marked = wanted;
  view.browser.clearROIs();
  if (data.marked) {
    const [start, end] = data.marked;
    const features = [{ chr: data.chrom, start, end }];
    await view.browser.loadROI({ name: "Selected", color: COLOURS.marked, features });
    view.browser.roiTableControl.setVisibility(false);
  }
}

function drop(view, id) {
  for (const track of view.browser.findTracks((one) => one.id === id)) view.browser.removeTrack(track);
}

async function apply(view, data) {
  if (view.gone) return;
  delete view.section.dataset.ready; // said again once all of it is drawn
  view.data = data;
  view.values = new Map(data.lines.map((line) => [line.key, features(line, data.chrom)]));
  view.section.dataset.theme = isDark(view.section) ? "dark" : "light";
  if (view.shown?.identity !== data.identity || !view.browser) await build(view, data);
  else await change(view, data);
  if (view.gone) return;
  await mark(view, data);
  view.shown = data;
  if (data.go && !WENT.has(data.go.stamp)) {
    WENT.add(data.go.stamp);
    await view.browser.search(locusText(data, data.go.range));
  }
  view.section.dataset.tracks = view.browser.trackViews.length;
  view.section.dataset.ready = data.identity;
}

function moved(view, frames) {
  clearTimeout(view.timer);
  view.timer = setTimeout(() => {
    const [frame] = frames ?? [];
    if (!frame || !view.shown) return;
    const { data } = view;
    const locus = [Math.max(0, Math.round(frame.start)), Math.min(data.length, Math.round(frame.end))];
    LOCI.delete(data.identity);
    LOCI.set(data.identity, locus);
    if (LOCI.size > 64) LOCI.delete(LOCI.keys().next().value);
    const told = JSON.stringify([data.identity, locus]);
    if (told === view.told) return;
    view.told = told;
    view.send("locus", { identity: data.identity, start: locus[0], end: locus[1] });
  }, REST);
}

/** A track that the visitor took away stays away; one that goes with its view comes again. */
function removed(track) {
  const at = OWN.findIndex((own) => own.id === track?.id);
  if (at >= 0) OWN.splice(at, 1);
}

async function add(view, own) {
  try {
    await view.browser.loadTrack(ownTrack(own, 50 + OWN.indexOf(own)));
  } catch {
    OWN.splice(OWN.indexOf(own), 1);
    say(view, `${own.name} could not be read as ${own.format}; is its ending right?`);
  }
}

async function take(view, files) {
  for (const file of files) {
    const kind = FORMATS.find(([ending]) => ending.test(file.name));
    if (!kind) {
      say(view, `${file.name} is not of a kind that is read here: .bw, .bedgraph, .bed, .narrowPeak or `
        + ".broadPeak, the last four also as .gz");
    } else if (kind[2] !== "bigwig" && file.size > MOST_TEXT) {
      say(view, `${file.name} has ${many(file.size)} bytes, more than the ${many(MOST_TEXT)} that are read `
        + "of a text file; make a bigWig of it, which is read in pieces");
    } else if (view.browser) {
      say(view, "");
      const own = { id: `own-${crypto.randomUUID?.() ?? Math.random()}`, file, name: file.name, type: kind[1],
        format: kind[2] };
      OWN.push(own);
      await add(view, own);
      withoutMenus(view);
    }
  }
}

/** Colours that are what they should be after the picture of a dark page is inverted (view.css). */
function baseColours(dark) {
  const paper = { "*": "#ffffff" }; // what igv.js writes where no letter is known
  if (!dark) return { ...BASES.light, ...paper };
  const turned = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const turn = [ // hues by half a circle, which undoes itself
      -0.574 * r + 1.43 * g + 0.144 * b, 0.426 * r + 0.43 * g + 0.144 * b, 0.426 * r + 1.43 * g - 0.856 * b,
    ];
    const parts = turn.map((one) => Math.round(255 * Math.min(1, Math.max(0, (0.93 - one) / 0.86))));
    return `rgb(${parts.join(",")})`;
  };
  const found = Object.entries(BASES.dark).map(([base, colour]) => [base, turned(colour)]);
  return { ...Object.fromEntries(found), ...paper };
}

/** What igv.js takes from its own style sheet and does not fit here. */
function dress(holder) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    .igv-navbar { flex-wrap: wrap; height: auto; }
    .igv-roi-region > div { pointer-events: none; }
    .igv-windowsize-panel-container, .igv-navbar-genomic-location > div { white-space: nowrap; }
  `);
  holder.shadowRoot.adoptedStyleSheets.push(sheet);
}

function isDark(root) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "#ffffff";
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 102;
}

async function destroyBrowser(view) {
  clearTimeout(view.timer);
  if (!view.browser) return;
  const old = view.browser;
  view.browser = null;
  view.igv.removeBrowser(old);
}

function recolour(view) {
  const dark = isDark(view.section);
  view.section.dataset.theme = dark ? "dark" : "light";
  if (!view.browser) return;
  const colours = baseColours(dark);
  for (const [base, colour] of Object.entries(colours)) colours[base.toLowerCase()] = colour;
  view.browser.nucleotideColors = colours;
  view.browser.repaintViews();
}

function createView(section) {
  const find = (name) => section.querySelector(name);
  const view = {
    section, said: find(".said"), holder: find(".holder"), browser: null, igv: null, shown: null, data: null,
    values: new Map(), told: "", timer: 0, gone: false, queue: Promise.resolve(), send: null, call: null,
  };
  find("input[type=file]").addEventListener("change", (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    enqueue(view, () => take(view, files));
  });
  return view;
}

/** One thing after the other: igv.js loads, moves and removes without waiting for itself. */
function enqueue(view, deed) {
  view.queue = view.queue.then(deed).catch((error) => {
    console.error(error);
    say(view, "The genome view could not be drawn. Reload the page; the files below hold the same values.");
  });
}

export default function ({ data, parentElement, setStateValue }) {
  const section = parentElement.querySelector(".gexp-igv");
  if (!section || !data) return undefined;
  let view = VIEWS.get(section);
  if (!view) {
    view = createView(section);
    VIEWS.set(section, view);
  }
  view.send = setStateValue;
  const call = {};
  view.call = call;
  section.querySelector(".version").textContent = data.version;
  section.querySelector(".licence").href = new URL(data.licence, location.origin).href;
  if (data !== view.data) enqueue(view, () => apply(view, data));
  else enqueue(view, () => recolour(view)); // the theme changed
  return () => {
    if (view.call !== call) return; // called again before the first call was taken away
    view.gone = true;
    VIEWS.delete(section);
    enqueue(view, () => destroyBrowser(view));
  };
}

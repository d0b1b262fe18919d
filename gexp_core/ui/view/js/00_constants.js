// Sizes in CSS pixels, unless another unit is named. PALETTES, GLYPHS, GLYPH_BOX come from Python.

const BASES = "ACGTN";
const WHOLE_UP_TO = 200; // bases shown whole at first
const READABLE_PX = 9; // per base, for the first look at a longer sequence
const FEWEST_BASES = 8; // closest zoom
const LETTER_PX = 2.5; // per base, from here on a logo is letters, below it bars
const SPELL_PX = 4; // per base, from here on the sequence is spelt out
const CELL_PX = 4; // per base, from here on a heat map is single cells
const LEVELS = 513; // colours of a diverging scale, odd so that 0 has its own
const MOST_LANES = 6; // of marks drawn above each other
const LANE = 20;
const GUTTER = 64; // left of the plot: y axes
const MARGIN = 14; // right of the plot
const AXIS = 30;
const HEAD = 24; // title line of a row
const GAP = 10; // below a row
const STRIP = 34;
const REST = 700; // milliseconds without a move, after which the page is told the window
const WORDS_EVERY = 120; // milliseconds between two texts that say where the window lies
const CLICK_SLACK = 4; // a press that moves less is a click
const HEIGHTS = { letters: 30, logo: 120, heat: 88, profile: 96 };

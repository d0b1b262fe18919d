// Colours and fonts of the page around us, read again on each rerun (Streamlit reruns on a theme change).

/** Red, green and blue, 0 to 255, of any colour that CSS can name. */
function rgbIn(css) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = css;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

function luminance(css) {
  const [red, green, blue] = rgbIn(css);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function readTheme(root, model) {
  const style = getComputedStyle(root);
  const token = (name, fallback) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : fallback;
  };
  const paper = token("--st-background-color", "#ffffff");
  const dark = luminance(paper) < 0.4;
  const ink = token("--st-text-color", dark ? "#fafafa" : "#31333f");
  const asked = matchMedia("(prefers-contrast: more)").matches ? "high-contrast" : model.palette;
  const palette = PALETTES[asked][dark ? "dark" : "light"];
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.palette = asked;
  return {
    dark,
    paper,
    ink,
    inkRgb: rgbIn(ink),
    accent: token("--st-primary-color", "#0072b2"),
    line: dark ? "rgba(255,255,255,0.16)" : "rgba(0,0,0,0.12)",
    zero: dark ? "rgba(255,255,255,0.55)" : "rgba(0,0,0,0.5)",
    absent: dark ? "rgba(255,255,255,0.07)" : "rgba(0,0,0,0.05)",
    bases: [...BASES].map((base) => palette.bases[base]),
    ramp: ramp(palette.diverging),
    low: palette.diverging[1][1],
    high: palette.diverging[palette.diverging.length - 2][1],
    font: token("--st-font", "sans-serif"),
  };
}

const fontOf = (view, size, weight = 400) => `${weight} ${size}px ${view.theme.font}`;

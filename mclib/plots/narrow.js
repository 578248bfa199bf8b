// On a narrow page title and statistics stand around a drawing, as text that wraps, and the
// drawing has all of the width: plotly wraps nothing, and keeps its margins.
const NARROW = 520;
const AIR_BESIDE = 30;
const OF_TITLE = 50;
const RULES = `
.mclib-narrow .g-gtitle, .mclib-tabled .annotation[data-index="0"],
.mclib-tabled .annotation[data-index="1"] { display: none; }
.mclib-words { color: var(--jp-ui-font-color1, #444); font: 12px/1.4 system-ui, sans-serif;
  margin: 8px 6px 4px; overflow-wrap: anywhere; }
.mclib-words strong { display: block; font-size: 17px; font-weight: normal; }
.mclib-words table { border-collapse: collapse; width: 100%; font: inherit; color: inherit; }
.mclib-words th { text-align: left; font-weight: normal; padding: 1px 8px 1px 0; }
.mclib-words th[colspan] { font-weight: bold; padding-top: 6px; }
.mclib-words td { text-align: right; font-variant-numeric: tabular-nums; padding: 1px 0; }
`;

function plain(text) {
  // A name that was cut at an underscore is one word.
  const spaced = String(text ?? "").replace(/_<br>/g, "_").replace(/<br\s*\/?>/g, " ");
  return new DOMParser().parseFromString(spaced, "text/html").body.textContent;
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function tabled(rows) {
  const table = element("table", "", { "aria-label": "statistics" });
  for (const [name, number] of rows) {
    const row = element("tr", "");
    if (number.trim()) row.append(element("th", plain(name), { scope: "row" }), element("td", number));
    else row.append(element("th", plain(name), { scope: "rowgroup", colspan: "2" }));
    table.append(row);
  }
  return table;
}

function around(plot) {
  if (!document.getElementById("mclib-narrow-rules")) {
    document.head.append(element("style", RULES, { id: "mclib-narrow-rules" }));
  }
  const above = element("div", "", { class: "mclib-words" });
  const below = element("div", "", { class: "mclib-words" });
  plot.before(above);
  plot.after(below);
  return { above, below, said: "", margin: null, own: null };
}

// plotly draws all anew, with other margins, where its width has changed by more than a pixel.
function drawAnew(plot, isNarrow) {
  const last = plot.style.width === "calc(100% - 2px)" ? 4 : 2;
  plot.style.width = isNarrow ? `calc(100% - ${last}px)` : "";
  requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
}

function fitted(plot) {
  const { layout } = plot;
  const room = plot.parentElement?.clientWidth ?? 0;
  // Figures that aren't of this library have no words in `meta`, and stay as they are.
  if (!room || !layout?.meta?.description) return;
  const isNarrow = room < NARROW;
  const words = (plot.mclibWords ??= isNarrow ? around(plot) : undefined);
  if (!words) return;
  const rows = layout.meta.table ?? [];
  plot.classList.toggle("mclib-narrow", isNarrow);
  plot.classList.toggle("mclib-tabled", isNarrow && rows.length > 0);
  words.above.hidden = words.below.hidden = !isNarrow;
  const { title, margin } = layout;
  const said = JSON.stringify([title?.text, title?.subtitle?.text, rows]);
  if (isNarrow && words.said !== said) {
    const heading = element("strong", plain(title?.text));
    words.above.replaceChildren(heading, plain(title?.subtitle?.text));
    words.below.replaceChildren(...(rows.length ? [tabled(rows)] : []));
    words.said = said;
  }
  const isOurs = words.margin && margin.r === words.margin.r && margin.t === words.margin.t;
  if (isNarrow && !isOurs) {
    words.own = { r: margin.r, t: margin.t };
    const r = rows.length ? Math.min(margin.r, AIR_BESIDE) : margin.r;
    words.margin = { r, t: Math.max(margin.t - OF_TITLE, 20) };
    Object.assign(margin, words.margin);
    drawAnew(plot, true);
  } else if (!isNarrow && isOurs) {
    Object.assign(margin, words.own);
    words.margin = null;
    drawAnew(plot, false);
  }
}

// The drawing says what it shows to those who don't see it, and fits its page.
function describe(plot) {
  const tell = () => {
    plot.setAttribute("aria-label", plot.layout.meta?.description ?? "chart");
    fitted(plot);
  };
  plot.setAttribute("role", "figure");
  plot.on("plotly_afterplot", tell);
  tell();
}

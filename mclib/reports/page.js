// Draws the charts that stand in the page as JSON; asks nobody for anything.
(() => {
  const PRINTED_WIDTH = 660;
  const charts = [...document.querySelectorAll("[data-drawing]")];
  // A finger that moves over a chart scrolls the page.
  const byFinger = matchMedia("(pointer: coarse)").matches;
  for (const chart of charts) {
    const text = document.getElementById(chart.dataset.drawing).textContent;
    const { data, layout, config, frames } = JSON.parse(text);
    if (byFinger) layout.dragmode = false;
    Plotly.newPlot(chart, { data, layout, config, frames });
  }
  const resize = (change) => charts.forEach((chart) => Plotly.relayout(chart, change));
  // Drawn as wide as the screen, a chart would be cut on paper.
  addEventListener("beforeprint", () => resize({ autosize: false, width: PRINTED_WIDTH }));
  addEventListener("afterprint", () => resize({ autosize: true, width: null }));
})();

// plotly.js is 5 MB. The stock widget sends it with every figure; here a page takes it once,
// from one widget that holds it, and all figures of the page share it.
const libraries = (globalThis.mclibPlotly ??= new Map());

function library(held) {
  const version = held.get("version");
  if (!libraries.has(version)) {
    const text = new Blob([held.get("source")], { type: "text/javascript" });
    libraries.set(version, import(URL.createObjectURL(text)));
  }
  return libraries.get(version);
}

const MESSAGES = [
  "addTraces", "restyle", "relayout", "update", "animate", "deleteTraces", "moveTraces",
  "removeLayoutProps", "removeTraceProps",
].map((name) => `_py2js_${name}`);

// Changes that come before the library is there are kept, and made afterwards in their order.
function keepEarly(model) {
  const early = [];
  const listeners = MESSAGES.map((name) => {
    const keep = () => {
      const value = model.get(name);
      if (value) early.push([name, value]);
    };
    model.on(`change:${name}`, keep);
    return [name, keep];
  });
  return () => {
    for (const [name, keep] of listeners) model.off(`change:${name}`, keep);
    for (const [name, value] of early) {
      model.set(name, value);
      model.set(name, null);
    }
  };
}

function describeWithin(el) {
  const plot = el.querySelector(".js-plotly-plot");
  if (!plot?.layout) return false;
  describe(plot);
  return true;
}

async function prepare(context) {
  const { model } = context;
  const makeEarly = keepEarly(model);
  const id = model.get("library").replace("IPY_MODEL_", "");
  const { default: create } = await library(await model.widget_manager.get_model(id));
  const figure = create();
  figure.initialize(context);
  makeEarly();
  // Before there was anybody to keep them, changes may have been missed.
  model.send({ kind: "mclib-ready" });
  return figure;
}

export default () => {
  let prepared;
  return {
    // A widget that takes two seconds for this is given up: what is slow is waited for later.
    initialize(context) {
      prepared = prepare(context);
    },
    async render(context) {
      const figure = await prepared;
      // Words may stand around the drawing.
      const place = document.createElement("div");
      context.el.append(place);
      const stop = figure.render({ ...context, el: place });
      // plotly draws in its own time; the drawing is described when it is there.
      const timer = setInterval(() => describeWithin(context.el) && clearInterval(timer), 50);
      // A figure in a box gets its width after it was drawn; plotly hears the window alone.
      let width = 0;
      const sizes = new ResizeObserver(([entry]) => {
        if (Math.abs(entry.contentRect.width - width) < 2) return;
        width = entry.contentRect.width;
        requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
      });
      if (context.el.parentElement) sizes.observe(context.el.parentElement);
      return () => {
        sizes.disconnect();
        clearInterval(timer);
        stop?.();
        context.el.replaceChildren();
      };
    },
  };
};

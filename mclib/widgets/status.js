// A line that says how the run stands, and names for what the page leaves nameless: the
// handles of sliders and boxes without a label.
function nameControls(root) {
  for (const slider of root.querySelectorAll(".widget-slider")) {
    const label = slider.querySelector(".widget-label");
    const name = label?.title || label?.textContent;
    for (const handle of slider.querySelectorAll(".noUi-handle"))
      if (name && handle.getAttribute("aria-label") !== name)
        handle.setAttribute("aria-label", name);
  }
  for (const box of root.querySelectorAll(".widget-text input[placeholder]"))
    if (!box.labels?.length || !box.labels[0].textContent)
      box.setAttribute("aria-label", box.placeholder);
}

function render({ model, el }) {
  const line = document.createElement("div");
  const bar = document.createElement("progress");
  const told = document.createElement("div");
  line.style.cssText = "min-height:1.4em;color:var(--jp-ui-font-color1,#222)";
  bar.style.cssText = "width:100%;height:6px;accent-color:#0072B2";
  told.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
  told.setAttribute("role", "status");
  told.setAttribute("aria-live", "polite");
  line.setAttribute("aria-hidden", "true");
  bar.max = 1;
  el.append(line, bar, told);
  let timer;
  const show = () => {
    line.textContent = model.get("text");
    const fraction = model.get("fraction");
    bar.value = fraction;
    bar.style.visibility = fraction < 1 ? "visible" : "hidden";
    timer ??= setTimeout(() => {
      timer = undefined;
      told.textContent = model.get("text");
    }, 1000);
  };
  model.on("change:text", show);
  model.on("change:fraction", show);
  show();
  const watch = new MutationObserver(() => nameControls(document));
  watch.observe(document.body, { childList: true, subtree: true });
  nameControls(document);
  return () => {
    watch.disconnect();
    clearTimeout(timer);
  };
}

export default { render };

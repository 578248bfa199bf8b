// Comforts only: every page works without this file.
"use strict";

for (const form of document.querySelectorAll("form[data-choosing]")) {
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const all = form.querySelector("[data-all]");
  const everywhere = form.querySelector("[data-all-found]");
  const count = form.querySelector("[data-count]");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    count.value = everywhere?.checked ? "(all found)" : chosen ? `(${chosen})` : "";
  };
  let last = null;
  form.addEventListener("click", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(at, last), Math.max(at, last)];
      for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    last = at;
  });
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes) box.checked = all.checked;
    show();
  });
  show();
}

for (const select of document.querySelectorAll("form.filter[method=get] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A file is read into the text beside it, so that it can be seen before it is sent.
for (const input of document.querySelectorAll("input[type=file][data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) document.getElementById(input.dataset.into).value = await file.text();
  });
}

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    button.textContent = "Copied";
  });
}

// Times are sent in UTC; what is shown beside them is this browser's.
for (const time of document.querySelectorAll("time[data-local]")) {
  time.textContent = new Date(time.dateTime).toLocaleString();
}

for (const form of document.querySelectorAll("form[data-preview]")) {
  const shown = document.getElementById(form.dataset.preview);
  const words = JSON.parse(shown.dataset.words);
  const show = () => {
    const level = form.elements.level.value;
    const text = form.elements.text.value.trim();
    shown.className = `mchub-announcement mchub-${level}`;
    shown.hidden = !text;
    shown.replaceChildren(Object.assign(document.createElement("strong"), { textContent: words[level] }), ` ${text}`);
  };
  form.addEventListener("input", show);
  show();
}

// What goes on is asked for; at its end the page is loaded anew, unless somebody is typing.
for (const line of document.querySelectorAll("[data-watches]")) {
  const said = line.querySelector("span");
  let isTyped = false;
  document.addEventListener("input", () => { isTyped = true; });
  const look = async () => {
    const headers = { "X-XSRFToken": line.dataset.secret };
    const answer = await fetch(line.dataset.watches, { headers }).catch(() => null);
    const now = answer?.ok ? await answer.json() : null;
    const isOver = now && !["queued", "starting", "running"].includes(now.state);
    if (isOver && !isTyped) return location.reload();
    if (isOver) said.textContent = `The run has ended: ${now.state}.`;
    else if (now) said.textContent = `A run goes on: ${now.state}${now.of ? `, cell ${now.cell} of ${now.of}` : ""}.`;
    if (!isOver) setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
}

// Comfort for requests: without this file every step has a button of its own.
"use strict";
const form = document.querySelector("form[data-case]");

// The list of requests follows the kind; a chosen request shows its fields.
const kind = form.querySelector("[data-kind]");
const wanted = form.querySelector("[data-request]");
const press = (action) => {
  const button = document.createElement("button");
  button.name = "do";
  button.value = action;
  button.formNoValidate = true;
  if (action === "add" && form.dataset.add) button.formAction = form.dataset.add;
  button.hidden = true;
  form.append(button);
  form.requestSubmit(button);
};
if (kind && wanted) {
  const groups = [...wanted.querySelectorAll("optgroup")];
  const follow = () => {
    for (const group of groups) group.hidden = group.disabled = Boolean(kind.value) && group.dataset.of !== kind.value;
  };
  // The server left others out where a kind was chosen: then another kind asks it again.
  kind.addEventListener("change", () => {
    if (kind.value && !groups.some((group) => group.dataset.of === kind.value)) { location.search = `?kind=${encodeURIComponent(kind.value)}`; return; }
    const chosen = wanted.selectedOptions[0]?.parentElement;
    if (kind.value && chosen?.dataset?.of && chosen.dataset.of !== kind.value) wanted.value = "";
    follow();
  });
  wanted.addEventListener("change", () => { if (wanted.value) press("choose"); });
  follow();
}

// A chosen file is sent at once, with its progress; the page's own answer brings the new list.
const replace = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!page.getElementById("documents")) return false;
  for (const id of ["documents", "undisputed", "checklist"]) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh) old.replaceWith(fresh);
  }
  for (const name of ["draft", "version"]) {
    const [old, fresh] = [document.querySelector(`[name=${name}]`), page.querySelector(`[name=${name}]`)];
    if (old && fresh) old.value = fresh.value;
  }
  return true;
};
let sending = 0;
form.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.files.length) return;
  const place = input.closest("[data-place]");
  const [bar, words] = [place.querySelector("progress"), place.querySelector(".progress span")];
  place.querySelector(".progress").hidden = false;
  const body = new FormData(form);
  for (const other of form.querySelectorAll("input[type=file]")) if (other !== input) body.delete(other.name);
  body.set("do", "add");
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.add || form.action);
  request.upload.addEventListener("progress", (step) => {
    if (!step.lengthComputable) return;
    bar.value = Math.round((100 * step.loaded) / step.total);
    words.textContent = `${bar.value} %`;
  });
  sending += 1;
  request.addEventListener("loadend", () => {
    sending -= 1;
    // A lost session or a lost network: the ordinary way shows what to do, and loses nothing.
    if (!request.status || !replace(request.responseText)) { press("add"); return; }
    document.getElementById(input.id)?.focus();
  });
  request.send(body);
});

// What is typed is kept every few seconds.
const kept = form.querySelector("[data-kept]");
if (kept) {
  let timer = 0;
  const keep = async () => {
    if (form.dataset.sent || sending) return;
    const body = new FormData(form);
    for (const file of form.querySelectorAll("input[type=file]")) body.delete(file.name);
    body.set("do", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.ok) kept.textContent = kept.dataset.kept;
    } catch { /* the next try, or the button, will do */ }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 4000); });
}

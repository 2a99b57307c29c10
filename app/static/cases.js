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
  // The server left others out where only a kind was chosen: then another kind asks it again.
  kind.addEventListener("change", () => {
    if (kind.value && !groups.some((group) => group.dataset.of === kind.value)) { press("choose"); return; }
    const chosen = wanted.selectedOptions[0]?.parentElement;
    if (kind.value && chosen?.dataset?.of && chosen.dataset.of !== kind.value) wanted.value = "";
    follow();
  });
  wanted.addEventListener("change", () => { if (wanted.value) press("choose"); });
  follow();
}

// Chosen files are sent at once, one after the other, with their progress; the page's own answer
// brings the new list.
const queue = []; // files with the field that each was chosen for
let sending = null;
let pressed = null; // the button that waits for them
const refused = new Map(); // id of a field -> what is wrong with files that were chosen there

const tell = () => {
  for (const [id, words] of refused) {
    const input = document.getElementById(id);
    if (!input) continue;
    let line = document.getElementById(`${id}-error`);
    if (!line) {
      line = document.createElement("p");
      line.id = `${id}-error`;
      line.className = "error";
      input.before(line);
      input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
    }
    line.setAttribute("role", "alert");
    line.textContent = words.join(" ");
    input.closest("[data-place]").classList.add("wrong");
  }
};
const refuse = (id, words) => refused.set(id, [...(refused.get(id) ?? []), words]);

// All of a place is new but its input: somebody may be choosing files in it just now.
const renew = (place, fresh) => {
  const [input, other] = [place, fresh].map((one) => one.querySelector("input[type=file]"));
  for (const node of [...place.childNodes]) if (node !== input) node.remove();
  const nodes = [...fresh.childNodes];
  input.before(...nodes.slice(0, nodes.indexOf(other)));
  input.after(...nodes.slice(nodes.indexOf(other) + 1));
  input.setAttribute("aria-describedby", other.getAttribute("aria-describedby") ?? "");
  place.className = fresh.className;
};
const replace = (page) => {
  for (const place of document.querySelectorAll("[data-place]")) {
    const fresh = page.querySelector(`[data-place="${place.dataset.place}"]`);
    if (fresh) renew(place, fresh);
  }
  for (const id of ["undisputed", "checklist"]) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (old && fresh) old.replaceWith(fresh);
  }
  for (const name of ["draft", "version", "csrf_token"]) {
    const [old, fresh] = [form.querySelector(`[name=${name}]`), page.querySelector(`form[data-case] [name=${name}]`)];
    if (old && fresh) old.value = fresh.value;
  }
};

// What the page of an answer says of the file that was sent: beside its field, or of no field.
const learn = (page, id) => {
  const beside = page.getElementById(`${id}-error`);
  const general = [...page.querySelectorAll(".problems li")].filter((line) => !line.querySelector("a"));
  for (const line of beside ? [beside] : general) refuse(id, line.textContent.trim());
};

// The session has ended: the ordinary way shows what to do, and takes along what one request may hold.
const goOrdinaryWay = (files) => {
  let room = Number(document.getElementById("documents").dataset.together);
  const chosen = new Map();
  for (const { id, file } of files) {
    room -= file.size;
    if (room < 0) break;
    if (!chosen.has(id)) chosen.set(id, new DataTransfer());
    chosen.get(id).items.add(file);
  }
  for (const [id, list] of chosen) document.getElementById(id).files = list.files;
  press("add");
};

const sendNext = () => {
  if (sending) return;
  sending = queue.shift() ?? null;
  if (!sending) { goOn(); return; }
  const { id, name, file } = sending;
  const progress = document.getElementById(id).closest("[data-place]").querySelector(".progress");
  const [bar, words] = [progress.querySelector("progress"), progress.querySelector("span")];
  progress.hidden = false;
  const body = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
  body.append(name, file);
  body.set("do", "add");
  const request = new XMLHttpRequest();
  request.open("POST", form.dataset.add || form.action);
  request.upload.addEventListener("progress", (step) => {
    if (!step.lengthComputable) return;
    bar.value = Math.round((100 * step.loaded) / step.total);
    words.textContent = `${file.name} ${bar.value} %`;
  });
  request.addEventListener("loadend", () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (page.getElementById("documents")) {
      learn(page, id);
      replace(page);
    } else if (request.status === 200) { // a page to sign in
      const files = [sending, ...queue.splice(0)];
      sending = null;
      goOrdinaryWay(files);
      return;
    } else {
      progress.hidden = true;
      refuse(id, `${file.name}: ${document.getElementById("documents").dataset.notSent}`);
    }
    sending = null;
    tell();
    if (document.activeElement === document.body) document.getElementById(id)?.focus();
    sendNext();
  });
  request.send(body);
};

// A button that was pressed while files were on their way is pressed again once they are there.
const goOn = () => {
  const button = pressed;
  pressed = null;
  if (!button) return;
  button.removeAttribute("aria-disabled");
  if (refused.size) document.getElementById([...refused.keys()][0])?.focus();
  else if (button.form === form) form.requestSubmit(button);
  else press(button.value); // it stood in the list that is new now
};
document.addEventListener("submit", (event) => {
  if (event.target !== form || !sending) return;
  event.preventDefault();
  event.stopPropagation();
  pressed?.removeAttribute("aria-disabled");
  pressed = event.submitter;
  pressed?.setAttribute("aria-disabled", "true");
}, true);

form.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || !input.files.length) return;
  const { most, tooLarge } = document.getElementById("documents").dataset;
  refused.delete(input.id);
  document.getElementById(`${input.id}-error`)?.remove();
  input.closest("[data-place]").classList.remove("wrong");
  for (const file of input.files) {
    if (file.size > Number(most)) refuse(input.id, `${file.name}: ${tooLarge}`);
    else queue.push({ id: input.id, name: input.name, file });
  }
  input.value = ""; // a button that is pressed meanwhile must not send them once more
  tell();
  sendNext();
});

// What is typed is kept every few seconds.
const kept = form.querySelector("[data-kept]");
if (kept) {
  let timer = 0;
  const keep = async () => {
    if (form.dataset.sent) return;
    if (sending) { later(); return; }
    const body = new FormData(form);
    for (const file of form.querySelectorAll("input[type=file]")) body.delete(file.name);
    body.set("do", "keep");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
      if (answer.ok) kept.textContent = kept.dataset.kept;
    } catch { /* the next try, or the button, will do */ }
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(keep, 4000); };
  form.addEventListener("input", later);
}

// Comfort only: every page works without this file.
"use strict";
document.documentElement.classList.add("js");

// After a refused form, readers and keyboards start at the summary of what is wrong.
document.querySelector("[data-focus]")?.focus();

// A ticked box shows a password while it is typed; it is sent, and kept by the browser, as one.
for (const tick of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(tick.dataset.shows);
  const follow = () => { field.type = tick.checked ? "text" : "password"; };
  tick.closest("[hidden]").hidden = false;
  tick.addEventListener("change", follow);
  field.form.addEventListener("submit", () => { tick.checked = false; follow(); });
  window.addEventListener("pageshow", follow);
}

// A second press of a button does not send twice; after a download the page is still there.
for (const form of document.querySelectorAll("form[method=post]:not([data-download])")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
  });
}
// Coming back with the browser's own button finds the form usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// A file that is too large is told before it is sent, with all that was typed beside it.
for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  input.addEventListener("change", () => {
    const isLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
    input.setCustomValidity(isLarge ? input.dataset.tooLarge : "");
    input.reportValidity();
  });
}

// While somebody types, the portal hears of it now and then: no session ends as idle under an
// answer that is being written. A page that is only open tells nothing.
const { awake, awakeSeconds } = document.body.dataset;
let told = Date.now();
document.addEventListener("input", () => {
  if (!awake || Date.now() - told < awakeSeconds * 1000) return;
  told = Date.now();
  fetch(awake, { redirect: "manual" }).catch(() => { /* no network just now: the next key tells */ });
});

// Words that were typed stay on the page where its session has ended meanwhile: after a long pause
// that is asked before they are sent. A form that is kept on the way needs it not.
document.addEventListener("submit", async (event) => {
  const [form, button] = [event.target, event.submitter];
  const isWriting = form.method === "post" && form.querySelector("textarea") && !form.querySelector("[data-kept]");
  if (!awake || !isWriting || Date.now() - told < awakeSeconds * 1000) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.querySelector(".session-ended")?.remove();
  const answer = await fetch(awake, { redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") {
    const notice = document.querySelector("[data-session-ended]").content.firstElementChild.cloneNode(true);
    (button ?? form).after(notice);
    notice.scrollIntoView({ block: "nearest" });
    return;
  }
  told = Date.now();
  form.requestSubmit(button);
}, true);

// The total follows the ticked invoices. It is for the eye: the server works it out again.
const pay = document.querySelector("form[data-pay]");
if (pay?.querySelector("[data-total]")) {
  const boxes = [...pay.querySelectorAll("input[data-cents]")];
  const total = pay.querySelector("[data-total]");
  const albanian = pay.dataset.language === "sq";
  const written = (cents) => {
    const digits = Math.abs(cents).toString().padStart(3, "0");
    const [whole, part] = [digits.slice(0, -2), digits.slice(-2)];
    const sign = cents < 0 ? "-" : "";
    const groups = (mark) => whole.replace(/\B(?=(\d{3})+$)/g, mark);
    return albanian
      ? `${sign}${whole.length > 4 ? groups("\u00a0") : whole},${part}\u00a0lekë`
      : `${sign}${groups(",")}.${part}\u00a0lek`;
  };
  const show = () => {
    total.textContent = written(
      boxes.filter((box) => box.checked).reduce((sum, box) => sum + Number(box.dataset.cents), 0)
    );
  };
  pay.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  pay.querySelector("[data-all]").addEventListener("click", (event) => {
    event.preventDefault();
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
    show();
  });
}

// One tick for all of a list.
for (const all of document.querySelectorAll("[data-tick-all]")) {
  const boxes = [...document.querySelectorAll(`input[name="${all.dataset.tickAll}"]`)];
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; });
}

// On to the bank without a further press.
document.querySelector("form[data-leave]")?.requestSubmit();

// While the bank decides, the page looks for news by itself.
const waiting = document.querySelector("[data-look-again]");
if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.lookAgain) * 1000);

// While a file is being made, its progress comes by itself, ever more seldom; at its end the page is
// shown anew. After an hour nobody is there any more: a page must not keep a session open for good.
const live = document.querySelector("[data-live]");
const look = async (pause, until) => {
  if (Date.now() > until) return;
  try {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(live.id);
    if (!answer.ok || answer.redirected || !("live" in (fresh?.dataset ?? {}))) { location.reload(); return; }
    live.replaceChildren(...fresh.childNodes);
  } catch { /* no network just now: the next look may have one */ }
  setTimeout(look, pause, Math.min(pause * 1.1, 10000), until);
};
if (live) setTimeout(look, 1000, 1500, Date.now() + 3600000);

// A second press of a button that makes a file counts after a moment only.
for (const form of document.querySelectorAll("form.take, form.export")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.pressed) { event.preventDefault(); return; }
    form.dataset.pressed = "1";
    setTimeout(() => { delete form.dataset.pressed; }, 2000);
  });
}

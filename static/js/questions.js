// The queue and the page of one question: what concerns only the person at this browser.
// A pushed row is rendered once for everybody of a role; here "Ada Nyström" becomes "You" for Ada, and a button that
// somebody may not press any more, because they asked or have voted, is taken away from them alone.
import { idOf } from "./rows.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const { htmx } = window;
const wide = matchMedia("(min-width: 80rem)"); // where there is a reading pane
const rows = () => document.querySelector("[data-rows]");
const me = () => rows()?.dataset.me ?? "";

// ---------- What a push says to everybody, said to me ----------

const mine = (html) => {
  const id = me();
  if (!id || !new RegExp(`data-(who|by|not-for|only)="([0-9 ]* )?${id}[ "]`).test(html)) return html;
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const who of template.content.querySelectorAll(`[data-who="${id}"]`)) {
    who.dataset.me = "";
    who.textContent = who.dataset.mine ?? say("you");
  }
  for (const by of template.content.querySelectorAll(`[data-by="${id}"]`)) by.textContent = say("by-you");
  for (const button of template.content.querySelectorAll(`[data-not-for~="${id}"]`)) button.remove();
  for (const button of template.content.querySelectorAll(`[data-only="${id}"]`)) button.removeAttribute("data-only");
  return template.innerHTML;
};

// In the capture phase: before queue.js puts the row in its place.
document.addEventListener(
  "live:fragment",
  ({ detail }) => {
    if (detail.topic === "interventions.queue" && detail.value?.html) detail.value.html = mine(detail.value.html);
  },
  true,
);

// ---------- One question, changed by somebody ----------

// What its page says is personal, so it asks anew for itself; few have the same question open.
const askAnew = (key, value) => {
  for (const element of document.querySelectorAll(`[data-live="interventions.detail:${key}"]`))
    if (value?.version !== element.dataset.version) htmx.trigger(element, "changed");
};

document.addEventListener("live:fragment", ({ detail: { topic, key, value } }) => {
  if (topic === "interventions.detail") askAnew(key, value);
  // So does the page of a unit, when its unit or a question about it has changed.
  if (topic !== "work.unit") return;
  for (const element of document.querySelectorAll(`[data-live="work.unit:${key}"]`)) htmx.trigger(element, "changed");
});

// An act on its way: its answer is newer than whatever was asked for before, and needs its button to be placed by. What
// happens meanwhile is asked for afterwards; and why one's own answer was not recorded may be read in peace first.
const PEACE = 8_000;
const asked = new Map(); // id of what shows it -> the request for it that is under way
const outdated = new WeakSet();
const missed = new Set(); // ids of what has to ask anew
const isRefused = (root) => root.querySelector("[data-refused]") !== null;
let peace = isRefused(document) ? performance.now() + PEACE : 0;

const isLeftAlone = (question) => {
  if (question.querySelector("[aria-busy=true]")) {
    missed.add(question.id);
    return true;
  }
  const left = isRefused(question) ? peace - performance.now() : 0;
  if (left > 0) setTimeout(() => htmx.trigger(question, "changed"), left);
  return left > 0;
};

document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig, xhr } = event.detail;
  const question = elt.closest("#question, #pane");
  if (!question) return;
  if (requestConfig.verb !== "get") outdated.add(asked.get(question.id) ?? {});
  else if (elt !== question) return; // a part of it, asked for by hand
  else if (isLeftAlone(question)) event.preventDefault();
  else asked.set(question.id, xhr);
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (outdated.has(detail.xhr)) detail.shouldSwap = false;
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "get") return;
  if (isRefused(document)) peace = performance.now() + PEACE;
  const question = detail.elt.closest("#question, #pane");
  const isPlaced = detail.xhr.status < 300 || [409, 422].includes(detail.xhr.status);
  if (question && !isPlaced) missed.add(question.id);
  for (const id of missed) if (missed.delete(id)) htmx.trigger(`#${id}`, "changed");
});

// Words for a decision that somebody else took meanwhile go where they can still be said.
let unsaid = "";

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt, verb } = detail.requestConfig;
  if (verb !== "get" || !elt.matches("#question, #pane")) return;
  const boxes = [...elt.querySelectorAll("[data-reason], #answer textarea, #ask-back-words")];
  unsaid = boxes.map((box) => (box.value === box.defaultValue ? "" : box.value.trim())).find(Boolean) ?? "";
});

document.addEventListener("htmx:afterSettle", () => {
  if (document.querySelector("[data-frozen]")) unsaid = ""; // nothing is decided: kept.js has them
  if (!unsaid || document.querySelector("#question [data-acts], #pane [data-acts] [data-reason]")) return;
  const comment = document.getElementById("say");
  const isTaken = !comment || comment.value;
  if (!isTaken) comment.value = unsaid;
  toast(say("not-done"), isTaken ? unsaid : say("words-moved"));
  unsaid = "";
});

// ---------- Numbers ----------

const showCounts = (counts) => {
  for (const sign of document.querySelectorAll('[data-count="mine"]')) sign.textContent = counts.hands?.[me()] ?? 0;
  for (const sign of document.querySelectorAll("[data-unless-none]"))
    sign.hidden = !counts[sign.querySelector("[data-count]").dataset.count];
};

document.addEventListener("live:fragment", ({ detail }) => {
  if (detail.topic === "interventions.counts" && detail.value) showCounts(detail.value);
});

// ---------- The reading pane ----------

let opening = 0;
let wanted = ""; // the question that belongs in the pane now

const peek = (row) => {
  const pane = document.getElementById("pane");
  if (!wide.matches || !row.matches("[data-rows] .row")) return; // other lists are walked as well, and have no pane
  wanted = idOf(row);
  if (pane?.dataset.id === wanted) return;
  htmx.ajax("GET", row.querySelector(".row__title").href, { source: row, target: "#peek", swap: "innerHTML" });
};

document.addEventListener("row:current", ({ target }) => {
  clearTimeout(opening);
  opening = setTimeout(peek, 150, target);
});

// An answer about the question before, come late, must not lie under a hand that has moved on.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target?.id === "peek" && !detail.xhr.responseURL.includes(wanted)) detail.shouldSwap = false;
});

// Beside the pane a first click on a title shows the question there, a second one opens its page; so does Enter.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] .row__title")?.closest(".row");
  const isPlain = event.detail > 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (row && isPlain && wide.matches && document.getElementById("pane")?.dataset.id !== idOf(row))
    event.preventDefault();
});

// What is written in the pane goes with the row's own buttons: it is the same question, one hand's breadth apart.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const row = detail.elt.closest?.("[data-rows] .row");
  const pane = document.getElementById("pane");
  const box = pane?.querySelector("[name=reason]");
  if (row && box?.value && pane.dataset.id === idOf(row) && detail.verb === "post") detail.parameters.reason = box.value;
});

// The pane ends above the foot of the window, however many lines the filters over it take: in steps that the style
// sheet knows, because a script writes no style.
const FIRST_STEP = 198;
const STEP = 40;

const fit = () => {
  const pane = document.querySelector(".split--queue > .aside");
  if (!pane || !wide.matches) return;
  const top = pane.parentElement.getBoundingClientRect().top + scrollY;
  pane.dataset.drop = Math.min(6, Math.max(0, Math.ceil((top - FIRST_STEP) / STEP)));
};

fit();
addEventListener("resize", fit);
document.addEventListener("htmx:afterSettle", fit);

// ---------- Filters ----------

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-filters] select")) event.target.form.requestSubmit();
  // A date is typed digit by digit, and 0002 is a year on the way to 2026.
  if (event.target.matches("[data-filters] [type=date]") && !(event.target.value < "2000" && event.target.value))
    event.target.form.requestSubmit();
});

// An address says only what narrows.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});

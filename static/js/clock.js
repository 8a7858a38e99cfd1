// One timer for every clock of the page: countdowns ([data-due-at]), rows of the queue (.row[data-for]), ages
// ([data-since]), times of day ([data-local]).
// It writes the data of a text node, a data-state and an SVG attribute; it never adds or removes an element,
// so a page of clocks costs no layout and wakes no observer.
import { clockWords, language, roughly, say, timeOfDay, timeZone } from "./words.js";

let offset = 0;

/** Now, by the server's clock: the browser's may be minutes wrong. */
export const now = () => Date.now() + offset;

export const setNow = (serverNow) => {
  const ms = typeof serverNow === "string" ? Date.parse(serverNow) : serverNow;
  if (Number.isFinite(ms)) offset = ms - Date.now();
};

setNow(Number(document.querySelector('meta[name="server-time"]')?.content || NaN));

const write = (element, text) => {
  const node = element.firstChild;
  if (node?.nodeType === Node.TEXT_NODE) {
    if (node.data !== text) node.data = text;
  } else if (element.textContent !== text) element.textContent = text;
};

const stateOf = (left, whole) => {
  if (left <= 0) return "overdue";
  if (left <= whole / 5) return "stale";
  return left <= whole / 2 ? "warn" : "fresh";
};

const wordOf = (state, big) => {
  if (state === "overdue") return say(big ? "over-its-due-time" : "over");
  return say(state === "paused" ? "paused" : "left");
};

const tickDue = (due, at) => {
  const { dueAt, createdAt, pausedAt } = due.dataset;
  const left = Number(dueAt) - (pausedAt ? Number(pausedAt) : at);
  const whole = Number(dueAt) - Number(createdAt);
  const state = pausedAt ? "paused" : stateOf(left, whole);
  if (due.dataset.state !== state) due.dataset.state = state;
  const share = String(Math.round(100 * Math.min(Math.max(left / (whole || 1), 0), 1)));
  const ring = due.querySelector(".fuse__left");
  if (ring && ring.getAttribute("stroke-dasharray") !== `${share} 100`)
    ring.setAttribute("stroke-dasharray", `${share} 100`);
  const [clock, word] = due.lastElementChild.children;
  if (!word) return;
  write(clock, clockWords(Math.floor(Math.abs(left) / 1000)));
  write(word, wordOf(state, due.classList.contains("due--big")));
};

// A row keeps its numbers itself and draws its ring by tenths: chameleon/templatetags/rows.py says it first.
const tickRow = (row, at) => {
  const sign = row.querySelector(".due");
  if (!sign) return;
  const { due, grace, paused } = row.dataset;
  const left = Number(due) - (paused ? Number(paused) : at);
  const whole = 1000 * Number(row.dataset.for);
  const state = paused ? "paused" : stateOf(left, whole);
  if (sign.dataset.state !== state) sign.dataset.state = state;
  const tenths = String(Math.min(10, Math.max(0, Math.ceil((10 * left) / (whole || 1)))));
  if (sign.dataset.left !== tenths) sign.dataset.left = tenths;
  const [clock, word, below] = sign.children;
  write(clock, clockWords(Math.floor(Math.abs(left) / 1000)));
  write(word, wordOf(state));
  const until = Number(due) + 1000 * Number(grace ?? 0) - at;
  const age = at - (Number(due) - whole);
  if (state === "overdue" && until > 0) write(below, say("expires-in", { clock: clockWords(Math.floor(until / 1000)) }));
  else write(below, say("old", { span: roughly(Math.max(0, Math.floor(age / 1000))) }));
};

const tickSince = (age, at) =>
  write(
    age,
    say(age.dataset.manner, { span: roughly(Math.max(0, Math.floor((at - Number(age.dataset.since)) / 1000))) }),
  );

const days = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone });
const localForms = {
  time: timeOfDay,
  minute: (ms) => timeOfDay(ms).slice(0, 5),
  date: (ms) => `${days.format(ms)}, ${timeOfDay(ms).slice(0, 5)}`,
};

const localize = (time) => write(time, localForms[time.dataset.local](Date.parse(time.dateTime)));

const tick = (root = document) => {
  const at = now();
  for (const due of root.querySelectorAll("[data-due-at]")) tickDue(due, at);
  for (const row of root.querySelectorAll(".row[data-for]")) tickRow(row, at);
  if (root instanceof Element && root.matches(".row[data-for]")) tickRow(root, at);
  for (const age of root.querySelectorAll("[data-since]")) tickSince(age, at);
};

/** Bring the clocks of new markup up to the second, in the zone of this browser. */
export const prepare = (root) => {
  tick(root);
  for (const time of root.querySelectorAll("time[data-local]")) localize(time);
};

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
// Nobody reads the clocks of a hidden tab; they are right again with the first tick after it is shown.
setInterval(() => document.hidden || tick(), 1000);
document.addEventListener("visibilitychange", () => document.hidden || tick());

// ---------- Held decisions ----------

// What was pressed and can still be undone: the seconds until it is sent, by the server's clock, for everybody who looks.
// The line runs out; with reduced motion it goes in whole seconds, like the number. At the end it says so, until the
// server has told what became of it.

const calm = matchMedia("(prefers-reduced-motion: reduce)");

const showHeld = (held) => {
  const left = Math.max(0, (Number(held.dataset.heldUntil) - now()) / 1000);
  const text = say("seconds", { seconds: Math.ceil(left) });
  const sign = held.querySelector("[data-held-left]");
  if (sign.textContent !== text) sign.textContent = text;
  const line = held.querySelector("progress");
  if (line) line.value = calm.matches ? Math.ceil(left) : left;
};

const tickHeld = () => {
  if (!document.hidden) for (const held of document.querySelectorAll("[data-held-until]")) showHeld(held);
};

setInterval(tickHeld, 100);
document.addEventListener("visibilitychange", tickHeld);

// ---------- The zone of this browser ----------

// Told to the server: days and hours that it words are then the same as those of the clocks.
const zone = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
if (!document.cookie.split("; ").includes(zone))
  document.cookie = `${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

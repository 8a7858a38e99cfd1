// Picking several rows: the box, X, Shift for a range, and the bar that says what is picked.
import { fold, stackOf } from "./fold.js";
import { nameAll, pickedAs } from "./rows.js";
import { say } from "./words.js";

let last = null;

export const pickOf = (row) => row?.querySelector(":scope > input") ?? null;

const seen = (selector) => [...document.querySelectorAll(selector)].filter((pick) => pick.checkVisibility?.() ?? true);
const picks = () => seen("[data-rows] .row > input");
const picked = () => seen("[data-rows] .row > input:checked");

export const pickedRows = () => picked().map((pick) => pick.closest(".row"));

export const showPicked = () => {
  const n = pickedRows().flatMap(stackOf).length;
  for (const bar of document.querySelectorAll("[data-bulk]")) bar.hidden = n === 0;
  document.body.toggleAttribute("data-picked", n > 0);
  for (const line of document.querySelectorAll("[data-bulk-say]")) line.textContent = say("selected", { n });
  for (const sign of document.querySelectorAll("[data-bulk-count]")) sign.textContent = n;
};

const pickRange = (from, to, isChecked) => {
  const all = picks();
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y);
  if (a >= 0) for (const pick of all.slice(a, b + 1)) pick.checked = isChecked;
};

/** Pick or let go of a row; with Shift, everything from the last one picked to here. */
export const togglePick = (row, isRange) => {
  const pick = pickOf(row);
  if (!pick) return;
  pick.checked = isRange || !pick.checked;
  if (isRange && last?.isConnected) pickRange(last, pick, true);
  last = pick;
  showPicked();
};

export const clearPicked = () => {
  const all = picked();
  for (const pick of all) pick.checked = false;
  showPicked();
  return all.length > 0;
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) clearPicked();
  const pick = event.target.closest("[data-rows] .row > input");
  if (!pick) return;
  if (event.shiftKey && last?.isConnected) pickRange(last, pick, pick.checked);
  last = pick;
  showPicked();
});

// ---------- One act for them ----------

// Several questions, one act: what would become of each is asked of the server and shown in a dialog; there some may be
// left out, and one press sends the rest.
const { htmx } = window;
const dialog = () => document.getElementById("bulk-dialog");

/** Ask what the act would do to these rows. `button` is what was pressed. */
export const ask = (button, act, rows) => {
  const path = dialog().dataset.plan;
  button.setAttribute("hx-post", path);
  const values = { act, pick: rows.map(pickedAs) };
  htmx.ajax("POST", path, { source: button, target: "#bulk", swap: "innerHTML", values });
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bulk-act]");
  if (button) ask(button, button.dataset.bulkAct, pickedRows().flatMap(stackOf));
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "bulk" || !dialog()) return;
  if (!dialog().open) dialog().showModal();
  if (detail.target.querySelector("form")) return;
  document.getElementById("bulk-title")?.focus();
  clearPicked();
});

// The rows that came along were rendered alone.
document.addEventListener("htmx:oobAfterSwap", () => {
  const list = document.querySelector("[data-rows]");
  if (!list) return;
  fold(list);
  nameAll(list.parentElement);
  showPicked();
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bulk-form]");
  const n = form?.querySelector("[data-bulk-n]");
  if (!n) return;
  const left = form.querySelectorAll("[name=pick]:checked").length;
  n.textContent = left;
  form.querySelector("[type=submit]").disabled = left === 0;
});

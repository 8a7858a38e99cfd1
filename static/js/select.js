// Picking several rows: the box, X, Shift for a range, and the bar that says what is picked.
import { stackOf } from "./fold.js";
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

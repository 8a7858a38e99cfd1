// Questions alike in one lane fold into the first of them, which says how many they are. What is folded lies hidden
// right behind it, so that folding, or an arrival under it, moves nothing. A first one that is settled keeps its place
// and the others behind it until it is let go; then the next stands where it stood.
import { isSettled, nameActs, write } from "./rows.js";
import { say } from "./words.js";

const kinds = new WeakMap(); // row -> what it is alike by, remembered when it is settled
const opened = new WeakSet(); // first rows whose others are shown

const kindOf = (row) => (isSettled(row) ? kinds.get(row) : row.dataset.alike);
const chipOf = (row) => row.querySelector("[data-stack]");

export const isUnder = (row) => row.hasAttribute("data-under");

/** The rows behind this one, shown or not. */
export const behind = (row) => {
  const rows = [];
  for (let at = row.nextElementSibling; at && isUnder(at); at = at.nextElementSibling) rows.push(at);
  return isUnder(row) ? [] : rows;
};

/** All that one press on this row is about: the row, and what is folded behind it. */
export const stackOf = (row) => [row, ...(opened.has(row) ? [] : behind(row))].filter((one) => !isSettled(one));

const writeChip = (row, n) => {
  let chip = chipOf(row);
  if (n < 2 && !(n && isSettled(row))) return chip?.remove();
  if (!chip) {
    chip = document.createElement("button");
    chip.className = "chip";
    chip.type = "button";
    row.querySelector(".row__main > p")?.prepend(chip, " ");
  }
  write(chip, "data-stack", String(n));
  write(chip, "aria-expanded", String(opened.has(row)));
  const words = say("alike", { n });
  if (chip.textContent !== words) chip.textContent = words;
};

const foldOne = ([first, ...others]) => {
  let last = first;
  first.removeAttribute("data-under");
  for (const row of others) {
    write(row, "data-under", opened.has(first) ? "shown" : "");
    if (last.nextElementSibling !== row) last.after(row);
    writeChip(row, 0);
    last = row;
  }
  writeChip(first, [first, ...others].filter((row) => !isSettled(row)).length);
};

/** Bring every stack of the list up to date. */
export const fold = (list) => {
  for (const lane of list.querySelectorAll("[data-lane]")) {
    const stacks = new Map();
    for (const row of [...lane.children]) {
      const kind = kindOf(row) ?? row;
      if (typeof kind === "string") kinds.set(row, kind);
      stacks.set(kind, [...(stacks.get(kind) ?? []), row]);
    }
    for (const rows of stacks.values()) foldOne(rows);
  }
};

/** Whether a new row can come in unseen, behind one that is there. */
export const hasPlaceFor = (row, lane) =>
  Boolean(row.dataset.alike) && [...lane.children].some((other) => !isSettled(other) && other.dataset.alike === row.dataset.alike);

/** What is folded how is this page's own: a fresh copy of a row takes it over before it is morphed in. */
export const carry = (row, fresh) => {
  fresh.removeAttribute("data-under");
  if (isUnder(row)) fresh.dataset.under = row.dataset.under;
  chipOf(fresh)?.remove();
  const chip = chipOf(row);
  if (chip) fresh.querySelector(".row__main > p")?.prepend(chip.cloneNode(true));
};

/** With a first row go those behind it that are settled as well. */
export const takeAlong = (row) => {
  for (const other of behind(row)) if (isSettled(other)) other.remove();
};

document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-stack]");
  const row = chip?.closest("[data-rows] .row");
  if (!row) return;
  if (opened.has(row)) opened.delete(row);
  else opened.add(row);
  fold(row.closest("[data-rows]"));
  nameActs(row);
});

// Single keys. A key belongs to whatever carries data-key="a": first in an open dialog, else in the bar of what is picked,
// else in the current row, else on the page outside the rows. J and K move focus and selection as one. Off while typing,
// with a modifier, or by choice.
import { clearPicked, pickOf, togglePick } from "./select.js";
import { keep } from "./theme.js";

// What is kept with the account goes before what this browser remembers.
let isOn = document.body.dataset.singleKeys !== "off";
try {
  if (!("stored" in document.documentElement.dataset)) isOn &&= localStorage.keys !== "off";
} catch {
  // Storage can be forbidden. Keys then stay on.
}

// ---------- A pilot's own keys: pages speak of the shipped ones, fingers of these ----------

const own = JSON.parse(document.body.dataset.ownKeys || "{}"); // shipped key -> the pilot's, or "" for none
const shipped = new Map(Object.entries(own).map(([key, mine]) => [mine, key]));

/** The shipped key that is meant by the one pressed; "" when it means nothing any more. */
const meant = (key) => shipped.get(key) ?? (key in own ? "" : key);

const relabel = () => {
  for (const cap of document.querySelectorAll("kbd:not([data-own])")) {
    const mine = own[cap.textContent.trim().toLowerCase()];
    if (mine === undefined) continue;
    cap.dataset.own = cap.textContent.trim();
    cap.textContent = mine.toUpperCase();
    cap.hidden = mine === "";
  }
};

if (shipped.size) {
  relabel();
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      relabel();
    });
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}

const isTyping = (target) =>
  target.closest?.(
    'textarea, select, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"])',
  );

const isThere = (element) => element.getClientRects().length > 0 && !element.disabled;

// Where the browser knows no popovers, it knows no such selector either; dialogs.js marks them by hand.
const POPOVER = CSS.supports("selector(:popover-open)") ? ":popover-open" : "[popover][data-open]";

// ---------- Rows ----------

const ITEMS = "[data-rows] .row, [data-list] [data-item]";
const items = () => [...document.querySelectorAll(ITEMS)].filter(isThere);
const current = () => document.querySelector(`:is(${ITEMS})[aria-current]`);
const linkOf = (item) => item.querySelector(".row__title, a[href], button");
const isHeld = (item) => item.querySelector(".row__acts [data-key=z]") !== null;
const isWaiting = (item) => item.dataset.state !== "settled" && !isHeld(item);

// What is pressed twice in a hurry was meant once: a card that has come under the hand by itself is not decided at once.
const CALM = 400;
const DECIDING = "arswnd";
let cameAt = -Infinity;
let latest = null; // the row whose decision may still be undone from the next one

const makeCurrent = (item) => {
  const old = current();
  if (old === item) return;
  old?.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  item.dispatchEvent(new CustomEvent("row:current", { bubbles: true }));
};

const goTo = (item) => {
  makeCurrent(item);
  linkOf(item)?.focus({ preventScroll: true, focusVisible: true });
  item.scrollIntoView({ block: "nearest" });
  return true;
};

const move = (step) => {
  const all = items();
  if (!all.length) return false;
  const here = all.indexOf(document.activeElement?.closest(ITEMS) ?? current());
  return goTo(all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1)]);
};

/** From a row that was decided to the next one that waits, else to the one before it, else to none. */
export const goOn = (row) => {
  const all = items();
  const at = all.indexOf(row);
  if (isHeld(row)) latest = row;
  cameAt = performance.now();
  goTo(all.slice(at + 1).find(isWaiting) ?? all.slice(0, at).findLast(isWaiting) ?? row);
};

/** Back to the current row, whose button went away with the focus. */
export const comeBack = () => current() && goTo(current());

/** The same, and on from there where that row is settled. */
export const carryOn = () => (current() && !isWaiting(current()) ? goOn(current()) : comeBack());

// ---------- Keys that live on the page ----------

// The reading pane follows the current row a moment later. Until then it shows another question than the one that is meant.
const isBehind = (element) => {
  const [pane, row] = [element.closest("#pane"), current()];
  return pane !== null && row !== null && row.id !== `card-${pane.dataset.id}`;
};

const isOfPage = (element) => isThere(element) && !element.closest(ITEMS) && !isBehind(element);

const find = (key) => {
  const carrying = `[data-key="${CSS.escape(key)}"]`;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return [...dialog.querySelectorAll(carrying)].find(isThere);
  const bar = document.querySelector("[data-bulk]:not([hidden])");
  const undoable = key === "z" ? latest : null;
  for (const place of [bar, current(), undoable]) {
    const found = [...(place?.querySelectorAll(carrying) ?? [])].find(isThere);
    if (found) return found;
  }
  return [...document.querySelectorAll(carrying)].find(isOfPage);
};

const use = (key) => {
  const element = find(key);
  if (!element || element.getAttribute("aria-disabled") === "true") return false; // what is on its way is not sent elsewhere
  if (element.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    element.focus();
    element.select?.();
  } else element.click();
  return true;
};

const open = () => {
  const item = current();
  if (!item || document.activeElement?.closest("a, button, summary, input")) return false;
  linkOf(item)?.click();
  return true;
};

const back = () => {
  if (document.querySelector(`${POPOVER}, dialog[open]`)) return false;
  return clearPicked() || use("Escape");
};

const pick = (isRange) => {
  const item = current();
  if (!pickOf(item)) return use("x");
  togglePick(item, isRange);
  return true;
};

// The sheet lists all keys, and says which of them have something to act on here.
const NEEDS = { "?": "body", "↵": ITEMS, j: ITEMS, k: ITEMS, x: ".row > input", ctrl: "textarea" };
const hasUse = (cap) => {
  const key = (cap.dataset.own || cap.textContent.trim()).toLowerCase();
  const carrying = `[data-key="${CSS.escape(key === "esc" ? "Escape" : key)}"]`;
  return document.querySelector(NEEDS[key] ? `${NEEDS[key]}, ${carrying}` : carrying) !== null;
};

const markKeys = () => {
  for (const entry of document.querySelectorAll("#keys .keylist > div"))
    entry.toggleAttribute("data-idle", ![...entry.querySelectorAll("kbd")].some(hasUse));
};

const showKeys = () => {
  const sheet = document.getElementById("keys");
  if (sheet && !sheet.open) sheet.showModal();
  markKeys();
  return Boolean(sheet);
};

const press = (event) => {
  const key = event.key.length === 1 ? meant(event.key.toLowerCase()) : event.key;
  if (!key) return false;
  const isDialog = document.querySelector("dialog[open]") !== null;
  if (key === "Escape") return back();
  if (key === "Enter") return open();
  if (isDialog) return key.length === 1 && use(key);
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1) || use(key);
  if (event.repeat || (DECIDING.includes(key) && performance.now() - cameAt < CALM)) return false;
  if (key === "x") return pick(event.shiftKey);
  if (key === "?") return showKeys();
  return key.length === 1 && use(key);
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape" && !event.target.closest("dialog, [popover]")) event.target.blur();
    return;
  }
  // Escape and Enter are the browser's own words: they stay when single keys are off.
  if (event.key.length === 1 && !isOn) return;
  if (press(event)) event.preventDefault();
});

document.addEventListener("click", ({ target }) => target.closest("[commandfor=keys]") && markKeys());

document.addEventListener("focusin", (event) => {
  const item = event.target.closest(ITEMS);
  if (item) makeCurrent(item);
});

const showSwitch = () => {
  for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = isOn;
  document.documentElement.toggleAttribute("data-keys-off", !isOn);
};

document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-keys-switch]")) return;
  isOn = target.checked;
  try {
    localStorage.keys = isOn ? "on" : "off";
  } catch {
    // Storage can be forbidden. The choice is then kept with the account alone.
  }
  keep("single_keys", isOn ? "on" : "");
  showSwitch();
});
showSwitch();

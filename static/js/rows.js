// One row of the queue: what its markup leaves out because the browser can derive it.
import { say } from "./words.js";

const { htmx } = window;
const ADDRESSES = { a: "approval", s: "resumption", r: "rejection", z: "undo" };

export const isSettled = (row) => row.dataset.state === "settled";
export const idOf = (row) => row.id.slice(5); // after "card-"
export const titleOf = (row) => row.querySelector(".row__title").textContent;

/** What is right already is not written again: a push repaints only what it names. */
export const write = (element, name, value) => element.getAttribute(name) === value || element.setAttribute(name, value);

/** Every button and box of a row is named by its word and the title: "Approve: Deploy 4.18.2". */
export const nameActs = (row) => {
  const n = Number(row.querySelector('[data-stack][aria-expanded="false"]')?.dataset.stack ?? 1);
  const title = n > 1 ? say("all-alike", { title: titleOf(row), n }) : titleOf(row);
  for (const act of row.querySelectorAll(".row__acts .btn")) {
    write(act, "aria-label", `${act.textContent.trim()}: ${title}`);
    if (act.localName === "button") write(act, "type", "button");
    else write(act, "href", row.querySelector(".row__title").getAttribute("href"));
  }
  const pick = row.querySelector(":scope > input");
  if (pick) write(pick, "aria-label", `${say("select")}: ${title}`);
};

export const nameAll = (root) => {
  for (const row of root.querySelectorAll("[data-rows] .row")) nameActs(row);
};

/** Send the act of a row's own button; its address is the title's and the act's noun. */
export const send = (button) => {
  const row = button.closest(".row");
  const path = `${row.querySelector(".row__title").getAttribute("href")}/${ADDRESSES[button.dataset.key]}`;
  button.setAttribute("hx-post", path); // sent.js lets through what says that it sends
  htmx.ajax("POST", path, { source: button, target: row, swap: "morph:outerHTML", values: { seen: row.dataset.seen } });
};

/** A row among many: which question, and what of it was shown. */
export const pickedAs = (row) => `${idOf(row)}:${row.dataset.seen ?? ""}`;

// An answer is morphed into the row by htmx itself, and a row beside the pane comes out of band.
const named = ({ detail }) => {
  const row = detail.target?.closest?.("[data-rows] .row") ?? document.getElementById(detail.target?.id);
  if (row?.matches("[data-rows] .row")) nameActs(row);
};
document.addEventListener("htmx:afterSwap", named);
document.addEventListener("htmx:oobAfterSwap", named);
nameAll(document);

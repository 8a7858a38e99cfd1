// Several questions, one act: what would become of each is asked of the server and shown in a dialog; there some may be
// left out, and one press sends the rest.
import { fold, stackOf } from "./fold.js";
import { nameAll, pickedAs } from "./rows.js";
import { clearPicked, pickedRows, showPicked } from "./select.js";

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

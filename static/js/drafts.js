// Words on their way into a form that a push takes away, because work was stopped: they are back when the form is.
// They are kept in this page only. What somebody sent has left, and is not kept.
import { isInHand } from "./morph.js";

const PLACES = "#question, #pane";
const drafts = new Map(); // question and field -> what stood there

const fieldsOf = (question) =>
  [...question.querySelectorAll(":is(input, textarea, select)[id]")].map((field) => [
    `${question.dataset.live} ${field.id}`,
    field,
    /^(checkbox|radio)$/.test(field.type) ? "checked" : "value",
  ]);

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const question = detail.elt.closest?.(PLACES);
  if (!question || !detail.shouldSwap || detail.requestConfig.verb !== "get") return;
  for (const [name, field, what] of fieldsOf(question)) if (isInHand(field)) drafts.set(name, field[what]);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const question of document.querySelectorAll(PLACES)) {
    for (const [name, field, what] of fieldsOf(question)) {
      if (drafts.has(name) && !isInHand(field)) field[what] = drafts.get(name);
      drafts.delete(name);
    }
  }
});

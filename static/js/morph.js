// New markup flows into old: same nodes, so focus, scroll, selection, open menus and running animations stay.
// The rules below are Idiomorph's defaults for the whole page: pushes and htmx's own "morph" swaps follow them alike.
import { prepare } from "./clock.js";

const { Idiomorph, htmx } = window;

// Idiomorph would give a field the server's value; what somebody has typed, or is about to, is worth more.
export const isInHand = (node) => {
  if (node instanceof HTMLInputElement && /^(checkbox|radio)$/.test(node.type))
    return node.checked !== node.defaultChecked;
  if (node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement) {
    return node === document.activeElement || node.value !== node.defaultValue;
  }
  if (!(node instanceof HTMLSelectElement)) return false;
  return (
    node === document.activeElement || [...node.options].some((option) => option.selected !== option.defaultSelected)
  );
};

const isSending = (node) =>
  node instanceof Element && node.getAttribute("aria-busy") === "true" && node.matches("button");

// What the person at the page has done to an element, the server does not know: opened it, pressed it, made it current.
const isOurs = (name, node) =>
  (name === "open" && node.matches("details, dialog")) ||
  (name === "aria-current" && node.matches(".row, [data-item]")) ||
  (name === "aria-pressed" && node.matches("[data-fills], [data-density-set]"));

Object.assign(Idiomorph.defaults.callbacks, {
  beforeNodeMorphed: (old) => !(isInHand(old) || isSending(old)),
  beforeAttributeUpdated: (name, node) => !isOurs(name, node),
  // What a finger has brought out stays under it; swipe.js asks again whether it still holds.
  beforeNodeRemoved: (node) => !(node instanceof Element && node.matches(".row__swipe")),
});

/** The first element of some HTML, its clocks already right. */
export const read = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = template.content.firstElementChild;
  if (element) prepare(element);
  return element;
};

/** Turn an element into `fresh` (an element), root and all. */
export const morph = (element, fresh) => {
  Idiomorph.morph(element, fresh, { morphStyle: "outerHTML" });
  if (element.isConnected) htmx.process(element);
};

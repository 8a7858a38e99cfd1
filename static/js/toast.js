// A sentence at the edge of the page. It stays until it is closed, unless it names its seconds (data-toast-for).
import { say } from "./words.js";

const sprite = () => document.querySelector("use")?.getAttribute("href").split("#")[0] ?? "";

export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite()}#${name}`);
  svg.append(use);
  return svg;
};

export const button = (marks, ...content) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = marks;
  made.append(...content);
  return made;
};

/** `strong` is what did not happen, `text` is why and what is still safe; with `url`, it leads there. */
export const toast = (strong, text, drawing = "alert", url = "") => {
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "alert");
  const said = document.createElement("p");
  const first = document.createElement("b");
  first.textContent = strong;
  const rest = document.createElement(url ? "a" : "span");
  rest.textContent = text;
  if (url) rest.href = url;
  said.append(first, " ", rest);
  const close = button("btn btn--quiet btn--icon", icon("close"));
  close.dataset.closeToast = "";
  close.setAttribute("aria-label", say("close"));
  box.append(icon(drawing), said, close);
  const region = document.getElementById("toasts");
  // The same trouble ten times over is one trouble.
  for (const old of region?.querySelectorAll(".toast[role=alert]") ?? [])
    if (old.textContent === box.textContent) old.remove();
  region?.append(box);
};

const retire = (root) => {
  const own = root.matches?.("[data-toast-for]") ? [root] : [];
  for (const box of [...own, ...root.querySelectorAll("[data-toast-for]")]) {
    setTimeout(() => box.remove(), Number(box.dataset.toastFor) * 1000);
    delete box.dataset.toastFor;
  }
};

document.addEventListener("htmx:load", (event) => retire(event.detail.elt));
document.addEventListener("htmx:oobAfterSwap", (event) => retire(event.detail.target));
retire(document);

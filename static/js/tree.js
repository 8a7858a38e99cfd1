// A tree of JSON: search in it, open and close all of it, walk it by the arrow keys, copy a value or its path.
// Opening and closing is the browser's own; the rest of a long branch is a link. Both work without this.
import { askToSignIn, isSignIn } from "./sent.js";
import { announce, say, sayMany } from "./words.js";

const here = new WeakMap(); // box -> the line that copying is about
const opened = new WeakMap(); // box -> what the search has opened

const linesOf = (box) => [...box.querySelectorAll(".tree li")];
const nodeOf = (line) => line.querySelector(":scope > details:not(.long) > summary") ?? line;
const keyOf = (line) => line.querySelector(":scope > .k, :scope > details > summary > .k");
const above = (line) => line.parentElement.closest(".tree li");
const isShown = (element) => element.getClientRects().length > 0;

// ---------- Where one is ----------

const stepsTo = (line) => {
  const steps = [];
  for (let at = line; at; at = above(at)) {
    const isNumber = at.parentElement.hasAttribute("data-list-of");
    if (keyOf(at)) steps.unshift({ name: keyOf(at).textContent, isNumber });
  }
  return steps;
};

const asPath = (steps) =>
  steps
    .map(({ name, isNumber }) => (isNumber ? `[${name}]` : /^[^\s.[\]"]+$/.test(name) ? `.${name}` : `["${name}"]`))
    .join("")
    .replace(/^\./, "");

const asPointer = (steps) => steps.map(({ name }) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

const choose = (box, line) => {
  here.get(box)?.removeAttribute("aria-current");
  line.setAttribute("aria-current", "true");
  here.set(box, line);
  box.querySelector("[data-tree-path]").textContent = asPath(stepsTo(line));
};

// ---------- Copy ----------

const textOf = async (box, what) => {
  const line = here.get(box);
  const steps = line?.isConnected ? stepsTo(line) : [];
  if (what === "path") return asPath(steps) || "$";
  const address = box.querySelector("[data-tree]").dataset.tree;
  const answer = await fetch(`${address}?${new URLSearchParams({ plain: 1, at: asPointer(steps) })}`);
  if (isSignIn(answer.url)) askToSignIn();
  if (!answer.ok || isSignIn(answer.url)) throw new Error(answer.status);
  return answer.text();
};

const copy = async (button) => {
  const said = button.closest("[data-tree-box]").querySelector("[data-tree-said]");
  try {
    await navigator.clipboard.writeText(await textOf(button.closest("[data-tree-box]"), button.dataset.treeCopy));
    said.textContent = say("copied");
  } catch {
    said.textContent = say("not-copied");
  }
  announce(said.textContent);
  setTimeout(() => (said.textContent = ""), 4000);
};

// ---------- Search ----------

const marks = new Map(); // box -> what is found in it, as ranges

const ownText = (line) => [keyOf(line), ...line.querySelectorAll(":scope > :is(.s, .n, .b, .z), :scope > .long > .s")];

const rangesIn = (elements, needle) => {
  const found = [];
  for (const element of elements) {
    const node = element?.firstChild;
    const at = node?.data?.toLowerCase().indexOf(needle) ?? -1;
    if (at < 0) continue;
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, Math.min(at + needle.length, node.length));
    found.push(range);
  }
  return found;
};

const openAbove = (box, line) => {
  for (let at = above(line); at; at = above(at)) {
    const branch = at.firstElementChild;
    if (branch.matches("details") && !branch.open) {
      branch.open = true;
      opened.get(box).push(branch);
    }
  }
};

const showMarks = () => {
  if (window.Highlight) CSS.highlights.set("found", new Highlight(...[...marks.values()].flat()));
};

const reset = (box) => {
  for (const branch of opened.get(box) ?? []) branch.open = false;
  opened.set(box, []);
  for (const line of linesOf(box)) line.hidden = false;
};

const find = (box) => {
  const needle = box.querySelector("[data-tree-find]").value.trim().toLowerCase();
  const ranges = [];
  let count = 0;
  reset(box);
  for (const line of needle ? linesOf(box) : []) {
    const found = rangesIn(ownText(line), needle);
    ranges.push(...found);
    count += found.length > 0;
    line.hidden = !found.length && above(line)?.dataset.found !== "";
    line.toggleAttribute("data-found", !line.hidden);
    if (found.length) {
      openAbove(box, line);
      for (let at = above(line); at; at = above(at)) at.hidden = false;
    }
  }
  for (const line of linesOf(box)) line.removeAttribute("data-found");
  marks.set(box, ranges);
  showMarks();
  const isPart = box.querySelector(".tree .rest") !== null;
  box.querySelector("[data-tree-found]").textContent = needle
    ? `${sayMany("found", count)}${isPart ? ` ${say("found-in-part")}` : ""}`
    : "";
};

// ---------- Arrows ----------

const walk = (box, line, key) => {
  const branch = nodeOf(line) === line ? null : line.firstElementChild;
  if (key === "ArrowRight" && branch && !branch.open) branch.open = true;
  else if (key === "ArrowLeft" && branch?.open) branch.open = false;
  else {
    const lines = linesOf(box).filter((one) => isShown(nodeOf(one)));
    const at = lines.indexOf(line);
    const next = { ArrowDown: lines[at + 1], ArrowUp: lines[at - 1], Home: lines[0], End: lines.at(-1) };
    const to = { ...next, ArrowRight: branch && lines[at + 1], ArrowLeft: above(line) }[key];
    if (!to) return;
    const node = nodeOf(to);
    if (node === to) node.tabIndex = -1;
    (to.querySelector(":scope > .rest") ?? node).focus();
  }
};

// ---------- Listening ----------

document.addEventListener("keydown", (event) => {
  const line = event.target.closest?.("[data-tree-box] .tree li");
  if (!line || event.altKey || event.ctrlKey || event.metaKey) return;
  if (!/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(event.key)) return;
  event.preventDefault();
  walk(line.closest("[data-tree-box]"), line, event.key);
});

for (const kind of ["focusin", "click"])
  document.addEventListener(kind, ({ target }) => {
    const line = target.closest?.("[data-tree-box] .tree li");
    if (line && keyOf(line)) choose(line.closest("[data-tree-box]"), line);
  });

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-tree-copy], [data-tree-all]");
  if (button?.dataset.treeCopy) copy(button);
  if (button?.dataset.treeAll)
    for (const branch of button.closest("[data-tree-box]").querySelectorAll(".tree details:not(.long)"))
      branch.open = button.dataset.treeAll === "open";
});

let typing = 0;
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-tree-find]")) return;
  clearTimeout(typing);
  typing = setTimeout(find, 150, target.closest("[data-tree-box]"));
});

// Lines that have come since are searched as well.
document.addEventListener("htmx:afterSettle", () => {
  for (const box of document.querySelectorAll("[data-tree-box]"))
    if (box.querySelector("[data-tree-find]").value) find(box);
});

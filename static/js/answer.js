// What is written as JSON is checked while it is written. The editor of the arguments says everything twice, in fields
// and as JSON, and shows what differs from what was proposed before it is sent. The JSON is what is sent.
import { announce, say, sayMany } from "./words.js";

const read = (text) => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
};

const check = (box) => {
  const isFit = !box.value.trim() || read(box.value) !== null;
  box.setCustomValidity(isFit ? "" : say("not-json"));
  box.setAttribute("aria-invalid", String(!isFit));
};

// ---------- The editor ----------

const wholeOf = (editor) => editor.querySelector("[name=edited]");
const fieldsOf = (editor) => [...editor.querySelectorAll("[data-arg]")];
const named = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : { "·": value });
const words = (value) => JSON.stringify(value, null, 1)?.replace(/\n\s*/g, " ");

const READ = {
  line: (text) => ({ value: text }),
  text: (text) => ({ value: text }),
  number: (text) => (text.trim() && Number.isFinite(Number(text)) ? { value: Number(text) } : null),
  flag: (text) => ({ value: text === "true" }),
  json: read,
};

const intoWhole = (editor) => {
  const whole = read(wholeOf(editor).value);
  if (!whole) return;
  for (const field of fieldsOf(editor)) {
    const found = READ[field.dataset.kind](field.value);
    if (found && field.dataset.arg in whole.value) whole.value[field.dataset.arg] = found.value;
  }
  wholeOf(editor).value = JSON.stringify(whole.value, null, 2);
};

const intoFields = (editor) => {
  const whole = read(wholeOf(editor).value);
  for (const field of whole ? fieldsOf(editor) : []) {
    const value = named(whole.value)[field.dataset.arg];
    field.disabled = value === undefined;
    if (value !== undefined && field !== document.activeElement)
      field.value = field.dataset.kind === "json" ? words(value) : String(value);
  }
};

const cell = (name, ...content) => {
  const made = document.createElement(name);
  made.append(...content);
  return made;
};

const row = (name, was, now) => {
  const op = was === undefined ? "add" : now === undefined ? "drop" : "change";
  const made = document.createElement("tr");
  made.dataset.op = op;
  const sign = cell("span", { add: "+", drop: "−", change: "~" }[op]);
  sign.setAttribute("aria-hidden", "true");
  const spoken = cell("span", say(`edit-${op}`));
  spoken.className = "sr";
  const first = cell("td", sign, spoken);
  first.className = "sign";
  const head = cell("th", cell("bdi", name));
  head.scope = "row";
  made.append(first, head, cell("td", was === undefined ? "" : cell("del", words(was))));
  made.append(cell("td", now === undefined ? "" : cell("ins", words(now))));
  return made;
};

const show = (editor) => {
  const whole = read(wholeOf(editor).value);
  const was = named(JSON.parse(editor.querySelector("[data-proposed]").content.textContent));
  const now = whole ? named(whole.value) : was;
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])].sort();
  const rows = names.filter((name) => words(was[name]) !== words(now[name])).map((name) => row(name, was[name], now[name]));
  const changes = editor.querySelector("[data-edit-changes]");
  changes.hidden = !rows.length;
  changes.querySelector("tbody").replaceChildren(...rows);
  const said = rows.length ? sayMany("edits", rows.length) : say("edits-none");
  editor.querySelector("[data-edit-said]").textContent = whole ? said : say("not-json");
  editor.querySelector("[type=submit]").disabled = !rows.length || !editor.querySelector("form").checkValidity();
};

// Who has edited means the edits: an approval of what was proposed would drop them without a word.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest('[formaction$="/approval"]');
    const editor = button && document.querySelector("[data-edit][open]:has([data-edit-changes]:not([hidden]))");
    if (!editor || !button.closest("#question")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.closest("dialog")?.close();
    editor.querySelector("[data-edit-said]").textContent = say("edits-wait");
    editor.querySelector("[type=submit]").focus();
    announce(say("edits-wait"));
  },
  true,
);

document.addEventListener("reset", ({ target }) => {
  const editor = target.closest("[data-edit]");
  if (editor) setTimeout(start, 0, editor);
});

const start = (editor) => {
  intoFields(editor);
  show(editor);
};

document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-json]")) check(target);
  const editor = target.closest("[data-edit]");
  if (!editor) return;
  if (target.matches("[data-arg]")) intoWhole(editor);
  if (target.name === "edited") intoFields(editor);
  show(editor);
});

document.addEventListener("toggle", ({ target }) => target.matches?.("[data-edit]") && target.open && start(target), true);

// A refusal opens it again, with the words that were sent.
document.addEventListener("htmx:afterSettle", () => {
  for (const editor of document.querySelectorAll("[data-edit][open]")) start(editor);
});

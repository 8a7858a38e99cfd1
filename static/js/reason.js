// Reasons are asked for in place. A preset fills the box; an act that needs a reason and has none puts the caret there;
// Ctrl+Enter sends the act that was pressed last.

const boxOf = (id) => document.getElementById(id);
const intended = new WeakMap(); // reason box -> the button pressed last

const tell = (id, isMissing) => {
  boxOf(id)?.setAttribute("aria-invalid", String(isMissing));
  for (const error of document.querySelectorAll("[data-reason-error]")) {
    if (error.dataset.reasonError === id) error.hidden = !isMissing;
  }
};

const fill = (preset, box, words) => {
  box.value = words;
  preset.setAttribute("aria-pressed", String(preset.getAttribute("aria-pressed") !== "true"));
  box.dispatchEvent(new Event("input", { bubbles: true }));
};

// What was said here last replaces what stands in the box; a ready-made reason joins it.
const press = (preset) => {
  const box = boxOf(preset.dataset.fills);
  const isOn = preset.getAttribute("aria-pressed") === "true";
  if (preset.dataset.text) return fill(preset, box, isOn ? "" : preset.dataset.text);
  const said = [...preset.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.data)
    .join("")
    .trim();
  const others = box.value
    .split(/(?<=\.)\s+/)
    .map((part) => part.trim())
    .filter((part) => part && part !== `${said}.`);
  fill(preset, box, (isOn ? others : [...others, `${said}.`]).join(" "));
};

const check = (event, button) => {
  const id = button.dataset.needsReason;
  const box = boxOf(id);
  if (!box) return;
  intended.set(box, button);
  const isMissing = !box.value.trim();
  tell(id, isMissing);
  if (!isMissing) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  box.focus();
};

// In the capture phase: htmx must not see a press that is not going to be sent.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("[data-needs-reason]");
    if (button) check(event, button);
  },
  true,
);

document.addEventListener("click", (event) => {
  const preset = event.target.closest("[data-fills]");
  if (preset) press(preset);
});

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-reason]") && event.target.value.trim()) tell(event.target.id, false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat) return;
  const box = event.target.closest("textarea, [data-reason]");
  const button =
    box && (intended.get(box) ?? (box.matches("[data-reason]") ? null : box.form?.querySelector("[type=submit]")));
  if (!button) return;
  event.preventDefault();
  button.click();
});

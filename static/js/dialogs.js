// Dialogs and menus are the browser's own: command/commandfor and popover. This fills in for browsers without them,
// and adds what markup cannot say: one toast closes, one text is copied.

const commands = {
  "show-modal": (target) => target.open || target.showModal(),
  close: (target) => target.close(),
  "request-close": (target) => target.close(),
};

const hasCommands = "commandForElement" in HTMLButtonElement.prototype;
const hasPopovers = "popover" in HTMLElement.prototype;

const runCommand = (event) => {
  const button = event.target.closest("button[commandfor]");
  const target = button && document.getElementById(button.getAttribute("commandfor"));
  if (target) commands[button.getAttribute("command")]?.(target);
};

const togglePopover = (event) => {
  const button = event.target.closest("[popovertarget]");
  const wanted = button && document.getElementById(button.getAttribute("popovertarget"));
  for (const open of document.querySelectorAll("[popover][data-open]")) {
    if (open !== wanted && !open.contains(event.target)) delete open.dataset.open;
  }
  if (wanted) wanted.toggleAttribute("data-open");
};

if (!hasCommands) document.addEventListener("click", runCommand);
if (!hasPopovers) {
  document.addEventListener("click", togglePopover);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[popover][data-open]")?.removeAttribute("data-open");
  });
}

const copy = async (button) => {
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy)?.textContent ?? "");
  button.dataset.state = "copied";
  setTimeout(() => delete button.dataset.state, 2000);
};

document.addEventListener("click", (event) => {
  event.target.closest("[data-close-toast]")?.closest(".toast").remove();
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

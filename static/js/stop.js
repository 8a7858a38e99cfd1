// The kill switch: a button held for two seconds. Letting go, or anything that takes the hand away, empties it.
// The same by keyboard, with the space bar or Enter. Whoever cannot hold a button types the name beside it.
import { read } from "./morph.js";
import { announce } from "./words.js";

const { htmx } = window;
const SECONDS = 2;
let held = null;
let timer = 0;

const fire = () => {
  const form = held.form;
  letGo();
  form.elements.held.value = "yes";
  form.requestSubmit();
};

const hold = (event) => {
  const button = event.target.closest?.("[data-hold]");
  if (!button || held || button.disabled) return;
  event.preventDefault();
  button.focus();
  if (!button.form.reportValidity()) return;
  held = button;
  button.dataset.holding = "";
  timer = setTimeout(fire, SECONDS * 1000);
};

function letGo() {
  clearTimeout(timer);
  if (held) delete held.dataset.holding;
  held = null;
}

const isHolding = ({ key }) => key === " " || key === "Enter";

document.addEventListener("pointerdown", (event) => event.button === 0 && hold(event));
document.addEventListener("keydown", (event) => {
  if (isHolding(event)) hold(event);
  else if (held) letGo();
});
document.addEventListener("keyup", (event) => isHolding(event) && letGo());
for (const name of ["pointerup", "pointercancel", "visibilitychange"]) document.addEventListener(name, letGo);
document.addEventListener("pointerout", (event) => event.target === held && letGo());
document.addEventListener("focusout", (event) => event.target === held && letGo());
document.addEventListener("contextmenu", (event) => held && event.preventDefault());
addEventListener("blur", letGo);

// ---------- What others do with it ----------

// Its page is personal (who has asked cannot confirm), so it asks anew for itself; so does the list of stops.
const askAnew = ({ key, value }) => {
  const page = document.querySelector(key ? `[data-stop="${key}"]` : "[data-stops]");
  if (page && (!key || page.dataset.state !== value?.state)) htmx.trigger(page, "changed");
};

// Whoever does not see the banner come and go is told of it.
const speak = (fresh) => {
  const [was, is] = [document.getElementById("stopped"), fresh].map((all) => [...(all?.children ?? [])]);
  const isIn = (all, one) => all.some(({ id }) => id === one.id);
  const put = is.filter((one) => !isIn(was, one)).map((one) => one.querySelector("b").textContent);
  const lifted = was.filter((one) => !isIn(is, one)).map((one) => one.dataset.lifted);
  if (put.length + lifted.length) announce([...put, ...lifted].join(" "));
};

document.addEventListener("live:fragment", ({ detail }) => {
  if (detail.topic !== "interventions.stops") return;
  if (!detail.key && detail.value?.html) speak(read(detail.value.html));
  askAnew(detail);
});

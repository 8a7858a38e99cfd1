// A finger moved over a row: to the right shows its yes, to the left its no. It only shows the button: what acts is a
// second tap, on the same words that stand in the row. A row that asks to be reviewed shows "Review" to both sides.
import { button } from "./toast.js";
import { say } from "./words.js";

const FAR = 64; // px, and at least twice as far as up or down
const BEGUN = 20;
let from = null; // where the finger came down: {row, x, y, id}

const buttonsOf = (row) => row.querySelectorAll(".row__acts > .btn:not([data-let-go])");

/** What a row offers to that side, or null. */
const offered = (row, side) => {
  const acts = [...buttonsOf(row)];
  if (row.querySelector(".row__acts [data-key=z]")) return null;
  const wanted = acts.find((act) => (side === "yes" ? /^[as]$/ : /^r$/).test(act.dataset.key ?? ""));
  return wanted ?? acts.find((act) => act.matches("a")) ?? null;
};

const close = () => {
  for (const shown of document.querySelectorAll(".row__swipe")) shown.remove();
};

const open = (row, side) => {
  close();
  const act = offered(row, side);
  if (!act) return;
  const family = act.matches("a") ? "" : ` btn--solid btn--${side}`;
  const word = act.textContent.trim();
  const go = button(`btn btn--lg${family}`, word);
  go.setAttribute("aria-label", `${word}: ${row.querySelector(".row__title").textContent}`);
  go.addEventListener("click", () => {
    close();
    // A push may have made another button of it meanwhile.
    if (act.isConnected && act.textContent.trim() === word) act.click();
  });
  const no = button("btn btn--lg", say("not-yet"));
  no.addEventListener("click", close);
  const shown = document.createElement("div");
  shown.className = "row__swipe";
  shown.dataset.side = side;
  shown.append(...(side === "yes" ? [go, no] : [no, go]));
  row.append(shown);
};

const sideOf = (dx) => (dx > 0 ? "yes" : "no");

const letGo = () => {
  if (from) delete from.row.dataset.swiping;
  from = null;
};

document.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".row__swipe")) close();
  const row = event.target.closest("[data-rows] .row:not([data-state=settled])");
  from = row && event.pointerType === "touch" && event.isPrimary
    ? { row, x: event.clientX, y: event.clientY, id: event.pointerId }
    : null;
});

document.addEventListener("pointermove", (event) => {
  if (event.pointerId !== from?.id) return;
  const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
  if (Math.abs(dy) > BEGUN && Math.abs(dy) > Math.abs(dx)) letGo();
  else if (Math.abs(dx) > BEGUN && offered(from.row, sideOf(dx))) from.row.dataset.swiping = sideOf(dx);
});

document.addEventListener("pointerup", (event) => {
  if (event.pointerId !== from?.id) return;
  const { row, x, y } = from;
  const [dx, dy] = [event.clientX - x, event.clientY - y];
  letGo();
  if (Math.abs(dx) >= FAR && Math.abs(dx) > 2 * Math.abs(dy)) open(row, sideOf(dx));
});

document.addEventListener("pointercancel", letGo);
document.addEventListener("keydown", (event) => event.key === "Escape" && close());

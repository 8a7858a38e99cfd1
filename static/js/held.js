// What was pressed and can still be undone: the seconds until it is sent, by the server's clock, for everybody who looks.
// The line runs out; with reduced motion it goes in whole seconds, like the number. At the end it says so, until the
// server has told what became of it.
import { now } from "./clock.js";
import { say } from "./words.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

const show = (held) => {
  const left = Math.max(0, (Number(held.dataset.heldUntil) - now()) / 1000);
  const text = say("seconds", { seconds: Math.ceil(left) });
  const sign = held.querySelector("[data-held-left]");
  if (sign.textContent !== text) sign.textContent = text;
  const line = held.querySelector("progress");
  if (line) line.value = calm.matches ? Math.ceil(left) : left;
};

const tick = () => {
  if (!document.hidden) for (const held of document.querySelectorAll("[data-held-until]")) show(held);
};

setInterval(tick, 100);
document.addEventListener("visibilitychange", tick);

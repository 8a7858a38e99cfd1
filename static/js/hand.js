// Where the hand is after a decision, and what a screen reader hears of it. Sent by a key, the hand goes on to the next card
// that waits, or to the way on from the question's own page; sent by the mouse, it stays where the pointer is. Focus whose
// button went away, by whomever, is not lost: it comes back to the row, or to what the page now says of the question.
import { carryOn, comeBack, goOn } from "./keys.js";
import { isSignIn } from "./sent.js";
import { tell } from "./words.js";

const DECIDES = /([^/]+)\/(approval|rejection|waiver|resumption|answer|cancellation)$/;
const byKey = new WeakSet(); // requests that were sent by a key
let isKey = false;
let last = null; // what had the focus

const text = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
const isGone = (element) => !element.isConnected || element.getClientRects().length === 0;
const isLost = () => last !== null && document.activeElement === document.body && isGone(last);

const wayOn = () => document.querySelector("[data-way-on]") ?? document.getElementById("decision-title");

const mend = () => {
  if (!isLost()) return;
  last = null;
  if (document.getElementById("question")) wayOn()?.focus({ preventScroll: true });
  else comeBack();
};

const sayOutcome = (row, title) => {
  const page = document.getElementById("question");
  const words = row ? text(row.querySelector(".row__who")) : text(page?.querySelector(".outcome__word, .quorum h3"));
  if (words) tell(`${title}: ${words}`);
};

document.addEventListener("click", (event) => (isKey = event.detail === 0), true);
document.addEventListener("focusin", ({ target }) => (last = target));

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (isKey && detail.requestConfig.verb !== "get") byKey.add(detail.xhr);
});

document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  const [, id] = DECIDES.exec(requestConfig.path) ?? [];
  if (!id || xhr.status >= 300 || isSignIn(xhr.responseURL)) return mend();
  const row = document.getElementById(`card-${id}`);
  sayOutcome(row, text(row?.querySelector(".row__title") ?? document.querySelector("#question h1")));
  if (!byKey.has(xhr)) return mend();
  if (row) goOn(row);
  else wayOn()?.focus({ preventScroll: true });
});

document.addEventListener("htmx:afterSettle", mend);
document.addEventListener("live:fragment", mend);
// A dialog gives the focus back to what opened it, which may be settled or hidden by then.
document.addEventListener("close", ({ target }) => target.id === "bulk-dialog" && carryOn(), true);

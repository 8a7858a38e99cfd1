// Honest buttons: sending while it is sent, and a sentence when it was not. The sentence says what did not happen,
// why, and what is still safe. Also: a session that ended asks for a new sign-in in place, and loses nothing.
import { keep, overtake } from "./kept.js";
import { toast } from "./toast.js";
import { announce, say, timeOfDay } from "./words.js";

const busy = new Map(); // request -> what was switched off for it

const formOf = (element) => element.closest("form");
const buttonsOf = (element, pressed) => {
  const group = element.closest(".row__acts, [data-acts]") ?? formOf(element) ?? element;
  return new Set([pressed, ...group.querySelectorAll("button[type=submit], button:not([type]), button[hx-post]")]);
};

const switchOff = (buttons, pressed) => {
  const off = [];
  for (const button of buttons) {
    if (!(button instanceof HTMLButtonElement) || button.disabled) continue;
    if (button === pressed) button.setAttribute("aria-busy", "true");
    // Not `disabled`: that would drop the keyboard focus of the person who has just pressed it.
    button.setAttribute("aria-disabled", "true");
    off.push(button);
  }
  return off;
};

const switchOn = (off) => {
  for (const button of off) {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
};

// ---------- What went wrong ----------

const placeFor = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const line = at.querySelector?.(":scope [data-sent-error]");
    if (line) return line;
    if (at.matches(".row, .panel, dialog, main")) return null;
  }
  return null;
};

const complain = (element, text) => {
  const strong = element.closest("[data-not-done]")?.dataset.notDone ?? say("not-done");
  const line = placeFor(element);
  if (!line) return toast(strong, text);
  line.textContent = `${strong} ${text}`;
  line.hidden = false;
};

const clearComplaint = (element) => {
  const line = placeFor(element);
  if (line) line.hidden = true;
};

const wordsFor = (status) => {
  const time = timeOfDay(Date.now());
  if (!status) return say("no-answer", { time });
  if (status === 429) return say("too-often");
  return say(status >= 500 ? "server-answered" : "refused", { status, time });
};

// ---------- Signed out, in place ----------

const signIn = document.querySelector('meta[name="sign-in"]')?.content ?? "";

/** Whether an address is the sign-in page: where a request lands whose session has ended. */
export const isSignIn = (address) => Boolean(signIn && address) && new URL(address, location).pathname === signIn;

/** Told with what a page asks for while no hand is at it: it keeps no session open. */
export const byItself = () => (navigator.userActivation?.isActive === false ? { "By-Itself": "1" } : {});

/** Who has signed in, and in which organization they are: as one word, to compare. */
export const whose = (body) => /told:\d+/.exec(body.dataset.live)?.[0];

/** Returns null, for those who wanted a page. */
export const askToSignIn = () => {
  const dialog = document.getElementById("signed-out");
  if (dialog && !dialog.open) dialog.showModal();
  return null;
};

// The forms of this page carry the token of the session that ended; a fresh copy of the page has the new one.
const goOn = async () => {
  const answer = await fetch(location.href).catch(() => null);
  const note = document.querySelector("[data-still-signed-out]");
  if (note) note.hidden = Boolean(answer?.ok) && !isSignIn(answer.url);
  if (!answer?.ok || isSignIn(answer.url)) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Signed in as somebody else: what stands here is not theirs to send.
  if (whose(page.body) !== whose(document.body)) return location.reload();
  const headers = page.body.getAttribute("hx-headers");
  if (headers) document.body.setAttribute("hx-headers", headers);
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token) for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  document.getElementById("signed-out").close();
  document.dispatchEvent(new CustomEvent("signed-in"));
};

// ---------- Listening ----------

// A push may turn a button into another one ("Approve" into "Let go"), and htmx goes on listening to the node.
// What does not say any more that it sends, sends nothing.
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, headers, verb } = event.detail;
  Object.assign(headers, byItself());
  if (verb !== "get" && !elt.hasAttribute(`hx-${verb}`)) event.preventDefault();
});

// htmx tells of an answer where it was asked for. A push may have taken that button away, and then nobody would hear it.
const isRefused = ({ status }) => status === 0 || (status >= 400 && status !== 409 && status !== 422);

const end = (xhr, elt) => {
  switchOn(busy.get(xhr) ?? []);
  busy.delete(xhr);
  if (!elt.isConnected && isRefused(xhr)) complain(elt, wordsFor(xhr.status));
};

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const { elt, requestConfig, xhr } = detail;
  if (requestConfig.verb === "get") return;
  xhr.addEventListener("loadend", () => end(xhr, elt));
  const pressed = requestConfig.triggeringEvent?.submitter ?? elt;
  clearComplaint(elt);
  overtake(requestConfig);
  busy.set(xhr, switchOff(buttonsOf(elt, pressed), pressed));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isSignIn(event.detail.xhr.responseURL)) return;
  event.detail.shouldSwap = false;
  askToSignIn();
});

// Before the swap: a morph keeps what somebody typed, and here it has been sent.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  switchOn(busy.get(detail.xhr) ?? []);
  busy.delete(detail.xhr);
  const form = detail.elt.closest("form[data-reset]");
  if (form && detail.xhr.status < 300 && !isSignIn(detail.xhr.responseURL)) form.reset();
});

// A view may say what it did, for those who do not see the row change: HX-Trigger: {"announce": "Approved: Refund 88213"}.
document.addEventListener("announce", ({ detail }) => announce(detail.value));

const isAsked = ({ requestConfig }) => requestConfig && requestConfig.verb !== "get";

document.addEventListener("htmx:responseError", ({ detail }) => complain(detail.elt, wordsFor(detail.xhr.status)));
for (const dropped of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(dropped, ({ detail }) => {
    if (isAsked(detail) && !keep(detail)) complain(detail.elt, wordsFor(0));
  });
}

// A second press while the first is on its way is the same press.
document.addEventListener(
  "click",
  (event) => {
    const pressed = event.target.closest('button[aria-disabled="true"]');
    if (pressed) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

// Plain forms leave the page; the button says so meanwhile. Coming back by the Back button wakes it again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", (event) => {
  if (event.persisted)
    for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

document.addEventListener("click", (event) => event.target.closest("[data-signed-in]") && goOn());

// That somebody has a question in front of them: said to the server every 20 s while the page is seen, and taken back
// when they go. Also what the server tells about oneself: a mention, a reply, a question that was given.
import { byItself, isSignIn } from "./sent.js";
import { toast } from "./toast.js";

const BEAT = 20_000;
const SETTLED_IN = 800; // whoever only passes by on the way down the list does not look
const SEEN = "told-until"; // of this tab: what was shown is not shown again on the next page

let at = ""; // the address of the question in front of somebody, "" when there is none
let timer = 0;

const headers = () => ({ ...byItself(), ...JSON.parse(document.body.getAttribute("hx-headers") || "{}") });

const tell = (url, gone) => {
  const body = new URLSearchParams(gone ? { gone: "on" } : {});
  return fetch(url, { method: "POST", body, headers: headers(), keepalive: gone }).catch(
    () => null,
  );
};

const beat = async () => {
  clearTimeout(timer);
  if (!at) return;
  timer = setTimeout(beat, BEAT);
  const answer = await tell(at, false);
  // Signed out, or the question is no longer theirs to see: no use in going on.
  if (answer && (answer.status === 404 || answer.status === 403 || isSignIn(answer.url))) clearTimeout(timer);
};

const shown = () => (document.hidden ? "" : (document.querySelector("[data-look]")?.dataset.look ?? ""));

const look = () => {
  const now = shown();
  if (now === at) return;
  const was = at;
  const wasSaid = was && !settling;
  at = now;
  clearTimeout(timer);
  if (wasSaid) tell(was, true);
  settling = now ? setTimeout(() => ((settling = 0), beat()), SETTLED_IN) : 0;
};
let settling = 0;

if (document.querySelector("[data-line]")) {
  look();
  document.addEventListener("htmx:load", look);
  document.addEventListener("visibilitychange", look);
  addEventListener("pagehide", () => {
    if (at && !settling) tell(at, true);
    clearTimeout(timer);
    clearTimeout(settling);
    at = "";
    settling = 0;
  });
  addEventListener("pageshow", (event) => event.persisted && look());
}

// ---------- What was said or given to oneself ----------

const store = (value) => {
  try {
    if (value) sessionStorage.setItem(SEEN, value);
    return Number(sessionStorage.getItem(SEEN));
  } catch {
    return 0; // storage can be forbidden: then this page remembers alone
  }
};

let until = store() || Number(document.querySelector('meta[name="server-time"]')?.content ?? 0);

document.addEventListener("live:fragment", ({ detail }) => {
  if (detail.topic !== "interventions.told") return;
  for (const news of detail.value?.news ?? []) {
    if (news.at <= until) continue;
    until = news.at;
    // Whoever has the question open sees it there; a toast would only say it twice.
    if (new URL(news.url, location).pathname !== location.pathname) toast(news.said, news.title, "person", news.url);
  }
  store(String(until));
});

// ---------- A dialog that was fetched ----------

document.addEventListener("htmx:load", ({ detail }) => {
  const dialog = detail.elt.matches?.("dialog[data-fetched]") ? detail.elt : null;
  if (!dialog) return;
  for (const old of document.querySelectorAll("dialog[data-fetched]")) if (old !== dialog) old.remove();
  dialog.showModal();
  dialog.addEventListener("close", () => dialog.remove(), { once: true });
});

// What was refused is said on the question itself, beside its buttons.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const dialog = detail.elt.closest("dialog[data-fetched]");
  if (dialog && (detail.xhr.status < 300 || [409, 422].includes(detail.xhr.status)) && !isSignIn(detail.xhr.responseURL))
    dialog.close();
});

// A word while the pilot looks elsewhere: the browser's own notice, where they have asked for it and the browser may;
// a number before the title; and the badge of the installed app. On a page in front of somebody it stays silent.
import { now } from "./clock.js";
import { say } from "./words.js";

const wanted = new Set((document.body.dataset.notify ?? "").split(" "));
const KINDS = { handed_over: "assigned", replied: "mentioned" }; // told of alike
const FRESH = 60_000; // ms: an older critical question has changed, it has not arrived
const may = () => "Notification" in window && Notification.permission === "granted";
const told = new Set();
let unseen = 0;

const mark = () => {
  const plain = document.title.replace(/^\(\d+\) /, "");
  const title = unseen ? `(${unseen}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
};

const show = async (said, body, url) => {
  const options = { body, tag: url, data: { url }, icon: document.querySelector("link[rel=apple-touch-icon]")?.href };
  // Phones show notices of a service worker only.
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker) return worker.showNotification(said, options);
  const notice = new Notification(said, options);
  notice.onclick = () => {
    window.focus();
    location.assign(url);
  };
};

const tell = (kind, id, said, title, url) => {
  if (!document.hidden || told.has(id) || !wanted.has(KINDS[kind] ?? kind)) return;
  told.add(id);
  unseen += 1;
  mark();
  if (may()) show(said, title, url).catch(() => {});
};

const tellOfRow = (key, html) => {
  const row = new DOMParser().parseFromString(html, "text/html").querySelector(".row");
  if (row?.dataset.priority !== "critical" || row.dataset.state === "settled") return;
  const arrived = Number(row.dataset.due) - 1000 * Number(row.dataset.for);
  const link = row.querySelector(".row__title");
  if (now() - arrived < FRESH) tell("critical", key, say("critical-arrived"), link.textContent, link.getAttribute("href"));
};

if (wanted.size) {
  const since = now();
  document.addEventListener(
    "live:fragment",
    ({ detail: { topic, key, value } }) => {
      if (topic === "interventions.queue" && wanted.has("critical") && value?.html) tellOfRow(key, value.html);
      if (topic === "interventions.told")
        for (const { what, at, said, title, url } of value?.news ?? [])
          if (at > since) tell(what, `${url} ${at}`, said, title, url);
    },
    true,
  );
  document.addEventListener("live:fragment", mark); // the title has just been set anew
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) unseen = 0;
    mark();
  });
}

document.addEventListener("live:fragment", ({ detail: { topic, value } }) => {
  if (topic === "interventions.counts" && value) navigator.setAppBadge?.(value.open).catch(() => {});
});

// ---------- On the page of settings: may this browser? ----------

const place = document.querySelector("[data-notify-permission]");
const showMay = () => {
  const state = place.querySelector("[data-notify-state]");
  place.hidden = false;
  place.querySelector("[data-notify-ask]").hidden = Notification.permission !== "default";
  state.textContent = state.dataset[Notification.permission] ?? "";
};
if (place && "Notification" in window) {
  showMay();
  place.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-notify-ask]")) return;
    await Notification.requestPermission();
    showMay();
  });
}

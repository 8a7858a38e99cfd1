// What the offline page shows: the rows of the queue as words, kept in this browser while its page is live, and
// forgotten at the door. Also: the service worker that gives that page.
import { whose } from "./sent.js";

const KEPT = "last-known";
const MOST = 100;
const QUIET = 3_000;
const root = document.documentElement;
const me = whose(document.body);

const text = (row, part) => row.querySelector(part)?.textContent.replace(/\s+/g, " ").trim() ?? "";

const asWords = (row) => ({
  title: text(row, ".row__title"),
  priority: row.dataset.priority,
  word: text(row, ".prio"),
  meta: text(row, ".row__main > p"),
  kind: row.dataset.kind,
  who: [...row.querySelectorAll(".row__who > *")].map((part) => part.textContent.trim()).join(" · "),
  due: Number(row.dataset.due) || null,
});

const put = async (rows) => {
  const open = [...rows.querySelectorAll(".row:not([data-state=settled])")];
  const isMore = open.length > MOST || "more" in rows.dataset;
  const kept = { me, at: Date.now(), zone: root.dataset.zone, isMore, rows: open.slice(0, MOST).map(asWords) };
  const cache = await caches.open(KEPT);
  await cache.put("/last-known", new Response(JSON.stringify(kept), { headers: { "Content-Type": "application/json" } }));
};

const forget = () => caches.delete(KEPT);

const forgetOthers = async () => {
  const answer = await caches.match("/last-known", { cacheName: KEPT });
  if (answer && (await answer.json()).me !== me) await forget();
};

let waiting = 0;
const keep = () => {
  const rows = document.querySelector("[data-rows]");
  // A narrowed queue is not the queue, and a page without a line knows nothing new.
  if (!rows || "filtered" in rows.dataset || root.dataset.line !== "live") return;
  waiting ||= setTimeout(() => {
    waiting = 0;
    put(rows).catch(() => {});
  }, QUIET);
};

if ("serviceWorker" in navigator && "caches" in window && document.body.dataset.choice) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
  forgetOthers().catch(forget);
  document.addEventListener("live:fragment", keep);
  document.addEventListener("submit", ({ target }) => target.matches("[data-sign-out]") && forget());
  // Signed out in another tab, or by somebody who ended this session.
  const door = document.getElementById("signed-out");
  if (door) new MutationObserver(() => door.open && forget()).observe(door, { attributeFilter: ["open"] });
}

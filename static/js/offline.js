// The page without a line: the queue as snapshot.js kept it, as words. There is nothing here to press but "Try again".
import { language, timeOfDay } from "./words.js";

const at = (ms, timeZone) =>
  `${new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone }).format(ms)}, ` +
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(ms);

const fill = (template, row, zone) => {
  const item = template.content.cloneNode(true).firstElementChild;
  item.dataset.priority = row.priority;
  if (row.kind) item.dataset.kind = row.kind;
  item.querySelector("[data-word]").textContent = row.word;
  item.querySelector("[data-title]").textContent = row.title;
  item.querySelector("[data-meta]").textContent = row.meta;
  item.querySelector("[data-who]").textContent = row.who;
  const due = item.querySelector("[data-due-time]");
  due.textContent = row.due ? at(row.due, zone) : "";
  due.parentElement.hidden = !row.due;
  return item;
};

const show = async () => {
  const answer = await caches.match("/last-known", { cacheName: "last-known" });
  if (!answer) return;
  const kept = await answer.json();
  const list = document.querySelector("[data-kept]");
  const template = document.getElementById("row");
  list.firstElementChild.replaceChildren(...kept.rows.map((row) => fill(template, row, kept.zone)));
  list.hidden = kept.rows.length === 0;
  document.querySelector("[data-nothing]").hidden = true;
  document.querySelector("[data-none]").hidden = kept.rows.length > 0;
  document.querySelector("[data-more]").hidden = !kept.isMore;
  const time = document.querySelector("[data-as-of]");
  time.dateTime = new Date(kept.at).toISOString();
  time.textContent = `${at(kept.at, kept.zone)} (${timeOfDay(kept.at)})`;
  document.querySelector("[data-stale]").hidden = false;
};

show().catch(() => {});
// The same address again: it is the page that was wanted, whichever that was.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-again]")) return;
  event.preventDefault();
  location.reload();
});
addEventListener("online", () => location.reload());

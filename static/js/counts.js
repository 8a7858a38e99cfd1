// Numbers that follow the wire: every [data-count="open"], the mood of the page, and the tab title of the queue.
import { say } from "./words.js";

const root = document.documentElement;

const setTitle = ({ open, overdue }) => {
  if (!document.querySelector("[data-rows]")) return;
  document.title = `${say(overdue ? "title-overdue" : "title-open", { open, overdue })} · Chameleon`;
};

// While the line is down the page is grey, whatever the queue was doing. Its mood comes back with the line.
export const setMood = (mood) => {
  if (root.dataset.mood === "offline") root.dataset.moodWas = mood;
  else root.dataset.mood = mood;
};

const show = (counts) => {
  for (const sign of document.querySelectorAll("[data-count]")) {
    const n = counts[sign.dataset.count];
    if (n === undefined) continue;
    sign.textContent = n > Number(sign.dataset.most ?? Infinity) ? `${sign.dataset.most}+` : n;
    sign.closest(".count")?.removeAttribute("hidden");
  }
  if (counts.open !== undefined) setTitle(counts);
  if (counts.mood) setMood(counts.mood);
};

document.addEventListener("live:fragment", ({ detail }) => {
  if (detail.topic === "interventions.counts" && detail.value) show(detail.value);
});

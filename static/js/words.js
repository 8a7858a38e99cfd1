// What scripts say, in the language of the page (templates/_words.html), and spans of time as DESIGN words them.
// Spans are said first by the server, in chameleon/templatetags/clocks.py: change both.

const words = new Map();
for (const word of document.getElementById("words")?.content.children ?? []) words.set(word.id, word.textContent);

export const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
// The pilot's own zone, where one is kept; else that of the browser.
export const timeZone = document.documentElement.dataset.zone || undefined;
const hoursMinutesSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone });

export const say = (name, values = {}) =>
  (words.get(name) ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

/** The form of a sentence that fits the number: "let-in" with 1 is "let-in-one". */
export const sayMany = (name, n) => say(`${name}-${plural.select(n) === "one" ? "one" : "other"}`, { n });

export const timeOfDay = (ms) => hoursMinutesSeconds.format(ms);

const two = (n) => String(n).padStart(2, "0");

const long = (seconds) =>
  seconds >= 2 * 86400
    ? say("days-hours", { days: Math.floor(seconds / 86400), hours: Math.floor((seconds % 86400) / 3600) })
    : say("hours-minutes", { hours: Math.floor(seconds / 3600), minutes: two(Math.floor((seconds % 3600) / 60)) });

/** A countdown: 4:05, 1 h 12, 3 d 4 h. */
export const clockWords = (seconds) =>
  seconds >= 3600 ? long(seconds) : `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;

/** A span in one unit: 38 s, 17 min, 3 h, 5 d. */
export const roughly = (seconds) => {
  if (seconds < 60) return say("seconds", { seconds });
  if (seconds < 3600) return say("minutes", { minutes: Math.floor(seconds / 60) });
  if (seconds < 2 * 86400) return say("hours", { hours: Math.floor(seconds / 3600) });
  return say("days", { days: Math.floor(seconds / 86400) });
};

// One polite line for screen readers, at most one sentence in ten seconds: the latest one wins.
let spokenAt = -Infinity;
let waiting = 0;
let sentence = "";

const speak = () => {
  waiting = 0;
  spokenAt = performance.now();
  const line = document.getElementById("announcer");
  if (line) line.textContent = sentence;
};

/** At once, and whatever waits after it: what came of one's own deed. */
export const tell = (text) => {
  sentence = text;
  clearTimeout(waiting);
  speak();
};

export const announce = (text) => {
  sentence = text;
  if (!waiting) waiting = setTimeout(speak, Math.max(0, spokenAt + 10_000 - performance.now()));
};

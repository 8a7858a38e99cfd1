// The line to the server: one socket per page. An element says what it shows with data-live="topic:key" ("topic:" is all
// of a topic); this module listens to that, morphs what comes, and tells the rest of the page by two events,
// live:fragment {topic, key, value} and live:reload {topic, page}. Both can be cancelled by whoever places the news itself.
// What is on the page is true as of the last frame, and the status line says so.
import { prepare, setNow } from "./clock.js";
import { morph, read } from "./morph.js";
import { setMood } from "./counts.js";
import { askToSignIn, byItself, isSignIn } from "./sent.js";
import { announce, say, timeOfDay } from "./words.js";

const root = document.documentElement;
const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live`;
const LONGEST_WAIT = 30_000;
const BEAT = 20_000; // between pings: proxies close lines that are silent for a minute
const DEAF = 45_000; // without a word for so long, the line is down, whatever the socket believes
const GRACE = 2_000; // a drop shorter than this is nobody's business

let socket = null;
let drops = 0;
let openedAt = 0;
let heardAt = Date.now();
let retry = 0;
let grace = 0;
let isStopped = false;
let isRefused = false;
const listening = new Set(); // names "topic:key" this socket was asked for
const cursors = new Map(); // name -> what was last seen, to be told what was missed

// ---------- What the page wants to hear ----------

const split = (name) => [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];

const wanted = () => {
  const names = new Map();
  for (const element of document.querySelectorAll("[data-live]")) {
    for (const name of element.dataset.live.split(/\s+/)) if (name.includes(":")) names.set(name, element);
  }
  // Whoever hears all of a topic need not ask for its parts.
  for (const name of names.keys()) {
    const [topic, key] = split(name);
    if (key && names.has(`${topic}:`)) names.delete(name);
  }
  return names;
};

const send = (frame) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(frame));

const reconcile = () => {
  if (socket?.readyState !== WebSocket.OPEN) return;
  const names = wanted();
  for (const [name, element] of names) {
    if (listening.has(name)) continue;
    listening.add(name);
    const [topic, key] = split(name);
    const since = cursors.get(name) ?? (element.closest("[data-live-since]")?.dataset.liveSince || null);
    send({ type: "listen", topic, key, since, language: root.lang });
  }
  for (const name of listening) {
    if (names.has(name)) continue;
    const [topic, key] = split(name);
    send({ type: "unlisten", topic, key });
    listening.delete(name);
    cursors.delete(name);
  }
};

// ---------- What comes ----------

const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;

const deliver = (topic, key, value) => {
  const news = new CustomEvent("live:fragment", { detail: { topic, key, value }, cancelable: true });
  if (!document.dispatchEvent(news) || !value?.html) return;
  for (const element of document.querySelectorAll(`[data-live~=${quoted(`${topic}:${key}`)}]`)) {
    const fresh = read(value.html);
    if (fresh) morph(element, fresh);
  }
};

const remember = (topic, at) => {
  for (const name of listening) if (split(name)[0] === topic) cursors.set(name, at);
};

const frames = {
  hello: ({ now }) => {
    isRefused = false;
    setNow(now);
  },
  pong: ({ now }) => setNow(now),
  listening: ({ topic, key, cursor }) => cursors.set(`${topic}:${key}`, cursor),
  fragments: ({ topic, at, items }) => {
    for (const [key, value] of Object.entries(items)) deliver(topic, key, value);
    remember(topic, at);
  },
  reload: ({ topic, within }) => reloadWithin(topic, within ?? 0),
  // One refused topic is not the end of the line. The page keeps what the server sent it.
  error: ({ code, detail }) => console.info(`live: ${code}: ${detail}`),
};

// ---------- The whole page again, when too much was missed ----------

/** This page as the server has it now, or null. */
export const fetchPage = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html", ...byItself() } });
  if (isSignIn(answer.url)) return askToSignIn();
  if (!answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  prepare(page);
  return page;
};

let reloading = 0;

const reload = async (topic) => {
  reloading = 0;
  const page = await fetchPage().catch(() => null);
  if (!page) return;
  if (page.documentElement.dataset.mood) setMood(page.documentElement.dataset.mood);
  const news = new CustomEvent("live:reload", { detail: { topic, page }, cancelable: true });
  const [main, fresh] = [document.getElementById("main"), page.getElementById("main")];
  if (document.dispatchEvent(news) && main && fresh) morph(main, fresh);
  heardAt = Date.now();
};

// At a random moment, so that a thousand browsers do not ask at once.
const reloadWithin = (topic, seconds) => {
  if (!reloading) reloading = setTimeout(() => reload(topic), Math.random() * seconds * 1000);
};

// ---------- Saying how the line is ----------

const states = {
  live: ["live", "live-synced"],
  reconnecting: ["reconnecting", "reconnecting-as-of"],
  offline: ["offline", "offline-as-of"],
  stopped: ["stopped", "stopped-as-of"],
};
let line = "connecting";

const write = () => {
  const [word, words] = states[line] ?? [];
  if (!word) return;
  const time = timeOfDay(heardAt);
  for (const sign of document.querySelectorAll("[data-line]")) sign.dataset.state = line;
  for (const short of document.querySelectorAll("[data-line-word]")) short.textContent = say(word);
  for (const long of document.querySelectorAll("[data-line-words]")) long.textContent = say(words, { time });
  const banner = document.getElementById("line-down");
  if (!banner) return;
  banner.hidden = line === "live";
  banner.querySelector("[data-line-words-long]").textContent = say("line-is-down", { time });
};

const grey = (isDown) => {
  if (isDown === (root.dataset.mood === "offline")) return;
  if (isDown) root.dataset.moodWas = root.dataset.mood;
  root.dataset.mood = isDown ? "offline" : root.dataset.moodWas;
};

const setLine = (state) => {
  const was = line;
  line = state;
  root.dataset.line = state;
  grey(state !== "live");
  write();
  if (state === was) return;
  if (state === "live") document.dispatchEvent(new CustomEvent("line:live"));
  if (state === "live" && was !== "connecting") announce(say("line-is-back"));
  if (state !== "live") announce(say("line-is-down", { time: timeOfDay(heardAt) }));
};

// ---------- The socket ----------

const heard = ({ data }) => {
  heardAt = Date.now();
  clearTimeout(grace);
  grace = 0;
  if (line !== "live") setLine("live");
  else write();
  const frame = JSON.parse(data);
  frames[frame.type]?.(frame);
};

const wait = (code) => {
  if (code === 4401) return 0;
  if (code === 4429) return LONGEST_WAIT * (1 + Math.random());
  return Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(drops, 6)) * (0.5 + Math.random() / 2);
};

const lost = (code) => {
  socket = null;
  listening.clear();
  // A line that held for a while starts its patience anew; one that falls at once does not.
  drops = Date.now() - openedAt > 10_000 && openedAt ? 0 : drops + 1;
  openedAt = 0;
  // A session goes on under another key once its person has shown again who they are: one more try tells.
  if (code === 4401 && !isRefused) isRefused = true;
  else if (code === 4401) {
    askToSignIn();
    return stop();
  }
  if (code === 4403) return stop();
  if (!navigator.onLine) setLine("offline");
  else if (!grace && line !== "reconnecting")
    grace = setTimeout(() => setLine(navigator.onLine ? "reconnecting" : "offline"), GRACE);
  clearTimeout(retry);
  retry = setTimeout(connect, wait(code));
  // Where sockets are forbidden altogether, the page still follows: by asking, as often as it would have dialled.
  if (drops >= 4) reload("");
};

const stop = () => {
  isStopped = true;
  setLine("stopped");
};

function connect() {
  clearTimeout(retry);
  if (socket || isStopped) return;
  const dialled = new WebSocket(url);
  socket = dialled;
  dialled.onopen = () => {
    openedAt = Date.now();
    reconcile();
  };
  dialled.onmessage = heard;
  dialled.onclose = ({ code }) => socket === dialled && lost(code);
}

const hangUp = (code) => {
  const old = socket;
  if (!old) return;
  socket = null;
  old.close();
  lost(code);
};

const beat = () => {
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (Date.now() - heardAt > DEAF) hangUp();
  else send({ type: "ping" });
};

// Back from sleep, from another tab or from a tunnel: do not wait for the next try.
const hurry = () => {
  if (isStopped || document.hidden) return;
  if (socket) beat();
  else connect();
};

/** After a new sign-in the line may be dialled again. */
export const restart = () => {
  isStopped = false;
  connect();
};

if (document.querySelector("[data-line]")) {
  connect();
  setInterval(beat, BEAT);
  addEventListener("online", hurry);
  addEventListener("offline", () => setLine("offline"));
  document.addEventListener("visibilitychange", hurry);
  document.addEventListener("click", (event) => event.target.closest("[data-try-now]") && hurry());
  document.addEventListener("signed-in", restart);
  // An open socket keeps a page out of the browser's back/forward cache.
  addEventListener("pagehide", () => {
    const old = socket;
    socket = null;
    listening.clear();
    old?.close();
  });
  addEventListener("pageshow", (event) => event.persisted && connect());
  // Elements that come and go, however they do: a swap, a push, a row let go. Once per frame is often enough.
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      reconcile();
    });
  }).observe(document.body, { childList: true, subtree: true });
}

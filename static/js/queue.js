// The queue keeps itself true without moving under a hand.
//
// A new row waits behind one line ("Let in 3 new questions") unless nobody's hand is on the list: no pointer over it, no
// focus in it, no current or picked row, and no press, key or scroll in the last two seconds. It also comes in by itself
// when nobody has touched the page for half a minute and nothing in the list is held: then nobody is there to be hurt.
// So does a row that has got another place in the order: until then it says what it now is where it stands.
// A row that somebody else settled stays where it is, struck through, until it is let go.
import { carry, fold, hasPlaceFor, isUnder, stackOf, takeAlong } from "./fold.js";
import { button } from "./toast.js";
import { fetchPage } from "./live.js";
import { morph, read } from "./morph.js";
import { idOf, isSettled, nameAll, send } from "./rows.js";
import { ask, pickOf, showPicked } from "./select.js";
import { announce, say, sayMany } from "./words.js";

const QUIET = 2_000;
const AWAY = 30_000;
const AGAIN = 60_000;
const MOST_WAITING = 200; // more than anyone reads; the rest is one refetch away
const MOST_ROWS = 150;

const arrivals = new Map(); // id -> the row's element, not yet in the page
const misplaced = new Set(); // rows that have changed their place in the order, but not on the page
let hasOverflowed = false;
let touchedAt = -Infinity;

const list = () => document.querySelector("[data-rows]");
const rowOf = (id) => list()?.querySelector(`#card-${CSS.escape(id)}`) ?? null;

// ---------- Where a row belongs ----------

const compare = (a, b) => {
  const i = a.findIndex((value, at) => value !== b[at]);
  if (i < 0) return 0;
  return a[i] < b[i] ? -1 : 1;
};

const PRIORITIES = ["critical", "high", "normal", "low"];

// As the server orders: by priority where the list has lanes, then by what is due first, then by id.
const sortOf = (row) => [
  list().dataset.rows === "list" ? 0 : PRIORITIES.indexOf(row.dataset.priority),
  Number(row.dataset.due),
  idOf(row),
];

const laneOf = (row) =>
  list().querySelector(`[data-lane="${row.dataset.priority}"]`) ?? list().querySelector("[data-lane]");

// By those a row's place is told: itself, and what stands where it belongs.
const inOrder = (lane, row) =>
  [...lane.children].filter((other) => other === row || !(isUnder(other) || misplaced.has(other)));

const place = (row) => {
  const lane = laneOf(row);
  const sort = sortOf(row);
  const focused = row.contains(document.activeElement) ? document.activeElement : null;
  const next = inOrder(lane, row).find((other) => other !== row && compare(sortOf(other), sort) > 0);
  lane.insertBefore(row, next ?? null);
  if (!focused) return;
  focused.focus({ preventScroll: true }); // a node that is moved loses it
  row.scrollIntoView({ block: "nearest" });
};

const isOutOfPlace = (row) => {
  const lane = laneOf(row);
  if (row.parentElement !== lane) return true;
  if (isUnder(row)) return false;
  const rows = inOrder(lane, row);
  const at = rows.indexOf(row);
  const [before, after] = [rows[at - 1], rows[at + 1]];
  return Boolean(
    (before && compare(sortOf(before), sortOf(row)) > 0) || (after && compare(sortOf(row), sortOf(after)) > 0),
  );
};

// It would belong to a later page.
const isBeyond = (row) => {
  if (!("more" in list().dataset)) return false;
  const rows = list().querySelectorAll(".row");
  return rows.length > 0 && compare(sortOf(row), sortOf(rows[rows.length - 1])) > 0;
};

// ---------- Whether a hand is on it ----------

const isHeld = () =>
  (matchMedia("(hover: hover)").matches && list().matches(":hover")) ||
  list().contains(document.activeElement) ||
  list().querySelector(".row[aria-current], .row > input:checked, [aria-busy=true]") !== null;

const isFree = (quiet) => document.hidden || (!isHeld() && performance.now() - touchedAt > quiet);

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove", "scroll"]) {
  document.addEventListener(kind, () => (touchedAt = performance.now()), { capture: true, passive: true });
}

// ---------- The line ----------

const showLine = () => {
  const line = document.querySelector("[data-let-in]");
  if (!line) return;
  for (const row of misplaced) if (!row.isConnected || isSettled(row)) misplaced.delete(row);
  const [n, m] = [arrivals.size, misplaced.size];
  line.hidden = n + m === 0;
  const words = line.querySelector("[data-let-in-words]") ?? line;
  if (!n) words.textContent = sayMany("move", m);
  else if (m) words.textContent = say("let-in-and-move", { n, m });
  else words.textContent = hasOverflowed ? say("let-in-many", { n }) : sayMany("let-in", n);
};

const showLanes = () => {
  const rows = list();
  fold(rows);
  nameAll(rows.parentElement);
  // With more pages the server knows the number of a lane and the page does not.
  if (!("more" in rows.dataset)) {
    for (const sign of rows.querySelectorAll("[data-lane-count]")) {
      const lane = rows.querySelector(`[data-lane="${sign.dataset.laneCount}"]`);
      const n = String([...(lane?.children ?? [])].filter((row) => !isSettled(row)).length);
      if (sign.textContent !== n) sign.textContent = n;
    }
  }
  const isEmpty = !rows.querySelector(".row");
  for (const blank of document.querySelectorAll("[data-empty]")) blank.hidden = !isEmpty;
};

const trim = () => {
  const rows = [...list().querySelectorAll(".row")];
  for (const row of rows.slice(MOST_ROWS)) row.remove();
  if (rows.length > MOST_ROWS) list().dataset.more = "";
};

/** Put everything that waits where it belongs. */
const letIn = async () => {
  if (hasOverflowed) await refetch();
  for (const row of [...misplaced]) if (misplaced.delete(row) && row.isConnected && isOutOfPlace(row)) place(row);
  for (const row of arrivals.values()) {
    row.dataset.state ??= "new";
    place(row);
  }
  arrivals.clear();
  hasOverflowed = false;
  trim();
  showLine();
  showLanes();
};

// In a rush the number is said when it has doubled, and otherwise once a minute.
let told = { n: 0, at: -AGAIN };

const tellArrivals = () => {
  const [n, at] = [arrivals.size, performance.now()];
  if (told.n <= n && n < 2 * told.n && at - told.at < AGAIN) return;
  told = { n, at };
  announce(sayMany("new", n));
};

const arrive = (row) => {
  if (isSettled(row) || isBeyond(row)) return;
  if (hasPlaceFor(row, laneOf(row))) {
    place(row);
    return showLanes();
  }
  const isNew = !arrivals.has(idOf(row));
  if (isNew && arrivals.size >= MOST_WAITING) {
    hasOverflowed = true;
    return showLine();
  }
  arrivals.set(idOf(row), row);
  if (isFree(QUIET)) return letIn();
  showLine();
  if (isNew) tellArrivals();
};

// ---------- Rows that change, and rows that go ----------

// A push must not take away the button that waits for its answer: htmx could no longer place the answer then.
const waiting = new WeakMap(); // row -> what came meanwhile

const change = (row, fresh) => {
  if (row.querySelector("[aria-busy=true]")) return waiting.set(row, fresh);
  // Why this pilot's own answer was not recorded stays until the next one. Settled is final.
  const alert = row.querySelector("[role=alert]");
  if (isSettled(row) && alert) return;
  if (alert && !isSettled(fresh)) fresh.querySelector(".row__title ~ p")?.replaceWith(alert.cloneNode(true));
  carry(row, fresh);
  morph(row, fresh);
  showLanes();
  showPicked();
  putInOrder(row);
};

const putInOrder = (row) => {
  const was = misplaced.delete(row);
  if (!isSettled(row) && isOutOfPlace(row)) misplaced.add(row);
  if (misplaced.size && isFree(QUIET)) return letIn();
  showLine();
  if (misplaced.has(row) && !was) announce(sayMany("moved", misplaced.size));
};

// The server has nothing more to show of it to this pilot, so the page says only that.
const gone = (row) => {
  if (isSettled(row)) return;
  misplaced.delete(row);
  row.dataset.state = "settled";
  pickOf(row)?.remove();
  row.querySelector(".due")?.remove();
  row.querySelector(".row__who")?.replaceChildren(say("no-longer-waiting"));
  const go = button("btn btn--quiet", say("let-go"));
  go.dataset.letGo = "";
  row.querySelector(".row__acts")?.replaceChildren(go);
  showPicked();
  showLanes();
};

// One press on a row that stands for many is about all of them, and is confirmed.
const press = (act) => {
  const rows = stackOf(act.closest(".row"));
  const isOfMany = rows.length > 1 && act.dataset.key !== "z";
  if (isOfMany) ask(act, act.dataset.key === "r" ? "reject" : "approve", rows);
  else send(act);
};

const letGo = (row) => {
  const hadFocus = row.contains(document.activeElement);
  takeAlong(row);
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  showLanes();
  showPicked();
  if (hadFocus) next?.querySelector(".row__title")?.focus({ preventScroll: true });
};

const show = (id, value) => {
  const row = rowOf(id);
  if (!value?.html) {
    arrivals.delete(id);
    showLine();
    if (row) gone(row);
    return;
  }
  const fresh = read(value.html);
  if (row) return change(row, fresh);
  if (isSettled(fresh)) {
    arrivals.delete(id);
    return showLine();
  }
  if ("filtered" in list().dataset) return refetchSoon();
  arrive(fresh);
};

// ---------- Asking for the page again ----------

const merge = (page) => {
  const fetched = [...page.querySelectorAll("[data-rows] .row")];
  const ids = new Set(fetched.map((row) => idOf(row)));
  for (const fresh of fetched) {
    const row = rowOf(idOf(fresh));
    if (row) change(row, document.importNode(fresh, true));
    else arrive(document.importNode(fresh, true));
  }
  const isWhole = !page.querySelector("[data-rows][data-more]");
  for (const row of list().querySelectorAll(".row")) if (isWhole && !ids.has(idOf(row))) gone(row);
  for (const id of arrivals.keys()) if (isWhole && !ids.has(id)) arrivals.delete(id);
  showLine();
};

const refetch = async () => {
  const page = await fetchPage().catch(() => null);
  if (page && list()) merge(page);
};

// Only the server knows whether a new row passes this page's filter. It is asked a little later, once for many arrivals.
let asking = 0;
const refetchSoon = () => {
  asking ||= setTimeout(
    () => {
      asking = 0;
      refetch();
    },
    2000 + Math.random() * 3000,
  );
};

// ---------- Listening ----------

const isRowsTopic = (topic) => list()?.dataset.live?.split(/\s+/).includes(`${topic}:`);

document.addEventListener("live:fragment", (event) => {
  const { topic, key, value } = event.detail;
  if (!isRowsTopic(topic)) return;
  event.preventDefault();
  show(key, value);
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const row = detail.target?.closest?.(".row");
  const fresh = row && waiting.get(row);
  if (!fresh) return;
  waiting.delete(row);
  if (row.isConnected && !isSettled(row)) change(row, fresh);
});

document.addEventListener("live:reload", (event) => {
  if (!list()) return;
  event.preventDefault();
  merge(event.detail.page);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-let-in]")) letIn();
  const act = event.target.closest("[data-rows] .row__acts button[data-key]");
  if (act) press(act);
  const go = event.target.closest("[data-let-go]");
  if (go) letGo(go.closest(".row"));
});

document.addEventListener("animationend", (event) => {
  if (event.animationName === "arrive" && event.target.dataset.state === "new") delete event.target.dataset.state;
});

setInterval(() => arrivals.size + misplaced.size && list() && isFree(AWAY) && letIn(), 5000);
if (list()) showLanes();

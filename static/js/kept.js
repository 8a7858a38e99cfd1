// A decision pressed while the line drops, in a row or beside its question, waits in this page, in no storage, and is sent
// once the line is back. The server takes it only while the question is open and still what its pilot saw (the hash goes
// along as `seen`); else it says what happened instead, with the words. Until then it can be called off, or pressed anew.
import { isInHand } from "./morph.js";
import { button, icon, toast } from "./toast.js";
import { say, timeOfDay } from "./words.js";

const AGAIN = 3_000; // where only this one call failed, and the line itself stands
const kept = new Map(); // address of the question -> { path, place, id, values, box }

const PLACES = "#question, #pane, [data-rows] .row";
const isRow = (question) => question.matches(".row");
const idOf = (question) =>
  isRow(question) ? question.id : /interventions\.detail:(\S+)/.exec(question.dataset.live)?.[1];
const aboutOf = (path) => path.slice(0, path.lastIndexOf("/"));

const shown = (place, id) => {
  const question = document.getElementById(place);
  return question && idOf(question) === id ? question : null;
};

const forget = (about) => {
  kept.get(about)?.box.remove();
  kept.delete(about);
};

/** What waits is not sent: the same question is decided anew, whichever way. */
export const overtake = ({ path, formData }) => formData?.get("seen") && forget(aboutOf(path));

const send = (about) => {
  const one = kept.get(about);
  if (!one) return;
  forget(about);
  const { path } = one;
  const question = shown(one.place, one.id);
  if (!question) return toast(say("not-done"), say("moved-on"));
  // As if its button were pressed again, which may not stand there any more.
  const source = button("btn");
  source.hidden = true;
  source.setAttribute("hx-post", path);
  question.append(source);
  const target = isRow(question) ? "this" : question.getAttribute("hx-target");
  window.htmx
    .ajax("POST", path, {
      source,
      target: target === "this" ? question : target,
      swap: question.getAttribute("hx-swap") ?? "morph:outerHTML",
      values: one.values,
    })
    .catch(() => {}) // said where every act's failure is said
    .finally(() => source.remove());
};

const sendAll = () => {
  for (const about of [...kept.keys()]) send(about);
};

const tell = (about, title) => {
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  const said = document.createElement("p");
  const first = document.createElement("b");
  first.textContent = say("kept", { time: timeOfDay(Date.now()) });
  said.append(first, " ", title, " ", say("kept-until"));
  const off = button("btn", say("do-not-send"));
  off.addEventListener("click", () => forget(about));
  box.append(icon("offline"), said, off);
  document.getElementById("toasts")?.append(box);
  return box;
};

/** Keep what did not get through; false for what is no decision with the content it is about. */
export const keep = ({ elt, requestConfig: { path, formData } }) => {
  const question = elt.closest(PLACES);
  if (!question || !formData?.get("seen")) return false;
  const values = Object.fromEntries(formData);
  delete values.csrfmiddlewaretoken; // that of the page goes along, which a new sign-in renews
  const about = aboutOf(path);
  const title = document.createElement("q");
  title.textContent = question.querySelector(".row__title, h1, h2")?.textContent ?? "";
  kept.set(about, { path, place: question.id, id: idOf(question), values, box: tell(about, title) });
  if (document.documentElement.dataset.line === "live") setTimeout(send, AGAIN, about);
  return true;
};

document.addEventListener("line:live", sendAll);

// ---------- Drafts ----------

// Words on their way into a form that a push takes away, because work was stopped: they are back when the form is.
// They are kept in this page only. What somebody sent has left, and is not kept.
const SHOWN = "#question, #pane";
const drafts = new Map(); // question and field -> what stood there

const fieldsOf = (question) =>
  [...question.querySelectorAll(":is(input, textarea, select)[id]")].map((field) => [
    `${question.dataset.live} ${field.id}`,
    field,
    /^(checkbox|radio)$/.test(field.type) ? "checked" : "value",
  ]);

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const question = detail.elt.closest?.(SHOWN);
  if (!question || !detail.shouldSwap || detail.requestConfig.verb !== "get") return;
  for (const [name, field, what] of fieldsOf(question)) if (isInHand(field)) drafts.set(name, field[what]);
});

document.addEventListener("htmx:afterSettle", () => {
  for (const question of document.querySelectorAll(SHOWN)) {
    for (const [name, field, what] of fieldsOf(question)) {
      if (drafts.has(name) && !isInHand(field)) field[what] = drafts.get(name);
      drafts.delete(name);
    }
  }
});

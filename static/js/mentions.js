// Names while one writes: "@b" offers Bo. Arrows choose, Enter or Tab take, Escape lets be; the text stays a text box.
const BEGUN = /(^|[^\w@.+-])@(?:["“]([^"”\n]{0,60})|([\w.+-]{0,60}))$/;
const PAUSE = 120;

let timer = 0;
let asked = 0; // only the latest answer is shown

const listOf = (box) => document.getElementById(box.getAttribute("aria-controls") ?? "");
const isOpen = (box) => listOf(box)?.hidden === false;

const close = (box) => {
  clearTimeout(timer);
  asked += 1;
  const list = listOf(box);
  if (list) list.hidden = true;
  box.removeAttribute("aria-activedescendant");
};

const makeList = (box) => {
  const list = document.createElement("ul");
  list.className = "suggest";
  list.id = `${box.id}-people`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.mentions);
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-autocomplete", "list");
  box.after(list);
  return list;
};

const mark = (box, option) => {
  const list = listOf(box);
  for (const one of list.children) one.setAttribute("aria-selected", String(one === option));
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const show = (box, people) => {
  if (!people.length) return close(box);
  const list = listOf(box) ?? makeList(box);
  const options = people.map(({ username, name }, number) => {
    const option = document.createElement("li");
    option.id = `${list.id}-${number}`;
    option.setAttribute("role", "option");
    option.dataset.takes = username;
    const [who, nick] = [document.createElement("b"), document.createElement("span")];
    who.textContent = name;
    nick.className = "mono muted";
    nick.textContent = `@${username}`;
    option.append(who, nick);
    return option;
  });
  list.replaceChildren(...options);
  list.hidden = false;
  mark(box, options[0]);
};

const begun = (box) => BEGUN.exec(box.value.slice(0, box.selectionStart));

const take = (box, option) => {
  const found = begun(box);
  if (!found) return close(box);
  const start = found.index + found[1].length;
  box.setRangeText(`@${option.dataset.takes} `, start, box.selectionStart, "end");
  close(box);
  box.focus();
};

const ask = async (box, begin) => {
  const number = ++asked;
  const answer = await fetch(`/people?begin=${encodeURIComponent(begin)}`, {}).catch(() => null);
  if (!answer?.ok || !answer.headers.get("content-type")?.includes("json")) return;
  const { people } = await answer.json();
  if (number === asked && document.activeElement === box) show(box, people);
};

document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-mentions]")) return;
  const found = begun(target);
  clearTimeout(timer);
  if (!found) return close(target);
  timer = setTimeout(ask, PAUSE, target, found[2] ?? found[3]);
});

const move = (box, step) => {
  const options = [...listOf(box).children];
  const at = options.findIndex((one) => one.id === box.getAttribute("aria-activedescendant"));
  mark(box, options[(at + step + options.length) % options.length]);
};

// In the capture phase: while names are offered, these keys are theirs.
document.addEventListener(
  "keydown",
  (event) => {
    const box = event.target;
    if (!(box instanceof HTMLElement) || !box.matches("[data-mentions]") || !isOpen(box) || event.isComposing) return;
    const marked = document.getElementById(box.getAttribute("aria-activedescendant") ?? "");
    if (event.key === "ArrowDown") move(box, 1);
    else if (event.key === "ArrowUp") move(box, -1);
    else if (event.key === "Escape") close(box);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.ctrlKey && !event.metaKey && marked) take(box, marked);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

// Before the box loses its focus to the list.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".suggest [role=option]");
  const box = option && document.querySelector(`[aria-controls="${option.parentElement.id}"]`);
  if (!box) return;
  event.preventDefault();
  take(box, option);
});

document.addEventListener("focusout", ({ target }) => target.matches("[data-mentions]") && isOpen(target) && close(target));

// Showing that it is oneself: with a passkey at the door, and in place when a dangerous act asks for it anew. What was
// refused is then sent again as it was. A gate may ask for a passkey for this very act.
const { body } = document;
const { credentials } = navigator;

const sign = async ({ publicKey }, isNew) => {
  const signed = isNew
    ? credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return JSON.stringify(await signed);
};

const ask = async (url, body) => {
  const answer = await fetch(url, { method: body ? "POST" : "GET", headers: { Accept: "application/json" }, body });
  return answer.json();
};

// ---------- A form that is sent with what a passkey has signed ----------

const fill = async (form, submitter) => {
  const { options, passkey } = form.dataset;
  const line = form.querySelector("[data-passkey-error]");
  line.hidden = true;
  try {
    const wanted = options ? JSON.parse(options) : (await ask(form.action)).request_options;
    if (form.elements.passwordless?.checked)
      Object.assign(wanted.publicKey.authenticatorSelection, { residentKey: "required", userVerification: "required" });
    form.elements.credential.value = await sign(wanted, passkey === "new");
    form.requestSubmit(submitter);
  } catch {
    line.hidden = false;
  }
};

// ---------- In place ----------

let again = null;

const take = async (answer) => {
  document.getElementById("proof")?.remove();
  if (answer.status === 204) return again();
  if (answer.redirected) return document.getElementById("signed-out").showModal();
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const dialog = template.content.firstElementChild;
  body.append(dialog);
  dialog.showModal();
};

const prove = (act) => {
  again = act;
  fetch(body.dataset.proof).then(take, act); // without a line the act itself says so
};

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    let act = null;
    if (form.dataset.passkey && !form.elements.credential.value) act = () => fill(form, submitter);
    else if (form.closest("#proof")) act = () => fetch(form.action, { method: "POST", body: new FormData(form) }).then(take);
    else if ("dangerous" in form.dataset)
      act = () =>
        prove(() => {
          delete form.dataset.dangerous;
          form.requestSubmit(submitter);
        });
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
  },
  true,
);

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (!xhr.getResponseHeader("Proof")) return;
  event.preventDefault();
  prove(() => (elt.matches("form") ? elt.requestSubmit() : elt.click()));
});

// ---------- A gate that asks for a passkey ----------

document.addEventListener("htmx:confirm", (event) => {
  const { elt, issueRequest, path } = event.detail;
  const form = elt.closest("form");
  const url = form?.elements.passkey?.dataset.sign;
  const [act] = /(approval|waiver|resumption)$/.exec(path) ?? [];
  if (!url || !act) return;
  event.preventDefault();
  const said = new FormData(form);
  said.set("act", act);
  ask(url, said)
    .then(sign)
    .then((signed) => (form.elements.passkey.value = signed))
    .catch(() => {}) // without it the gate refuses, in a sentence
    .finally(() => issueRequest(true));
});

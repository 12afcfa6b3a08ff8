// How the learner wants to be answered, kept in the browser; and what runs where. Shares its scope with page.js, views.js
// and history.js.
function chosenManner() {
  try {
    return JSON.parse(localStorage.manner) ?? {};
  } catch {
    return {}; // nothing was chosen
  }
}

async function chooseManner(name, value) {
  localStorage.manner = JSON.stringify({ ...chosenManner(), [name]: value });
  await post("/manner", { tab: sessionStorage.tutor, manner: chosenManner() });
}

function mannerChoice(name, choices) {
  const said = words.settings;
  const chosen = chosenManner()[name] ?? { lang: "auto", length: "full", level: "student" }[name];
  const options = Object.entries(choices).map(([value, label]) => {
    const input = make("input", { type: "radio", name: `manner-${name}`, value, checked: value === chosen });
    input.addEventListener("change", () => chooseManner(name, value).catch(console.error));
    return make("label", {}, input, label);
  });
  return make("fieldset", {}, make("legend", { textContent: said.manner[name] }), ...options);
}

function signOut() {
  const button = make("button", { type: "button", className: "chip", textContent: words.settings.sign_out });
  button.addEventListener("click", () => call("POST", "/sign-out").then(() => location.assign("/sign-in"), console.error));
  return button;
}

views.settings = async (body) => {
  const said = words.settings;
  const { facts, note, account, private: kept } = await data("/status");
  if (account) body.append(make("p", { className: "account" }, make("span", { textContent: account }), signOut()));
  body.append(mannerChoice("lang", said.langs), mannerChoice("length", said.lengths), mannerChoice("level", said.levels));
  if (note) body.append(make("p", { className: "hint", textContent: note }));
  const rows = facts.flatMap(([name, told]) => [make("dt", { textContent: name }), make("dd", { textContent: told })]);
  body.append(make("dl", {}, ...rows));
  if (kept) body.append(make("p", { className: "hint", textContent: kept }));
};

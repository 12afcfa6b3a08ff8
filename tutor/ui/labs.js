// Forms that set up a run, and the gallery of labs. Shares its scope with page.js and views.js.
function runLab(lab, args, record) {
  $("#view").close();
  trigger("submit", { lab, arguments: args, record });
}

function askNext(question) {
  $("#view").close();
  trigger("submit", { question });
}

// ---- forms ---------------------------------------------------------------------------------------
const shortNumber = (value) => String(Number(Number(value).toPrecision(6)));

function fieldInput(field) {
  const { kind, value } = field;
  if (kind === "choice") {
    const input = make("select", {}, ...field.choices.map(([choice, words]) => new Option(words, choice)));
    if (value !== null) input.value = value;
    return input;
  }
  if (kind === "long text" || kind === "points") return make("textarea", { rows: 2, maxLength: field.most, value: value ?? "" });
  if (kind === "text") return make("input", { type: "text", maxLength: field.most, value: value ?? "" });
  if (kind === "numbers") return make("input", { type: "text", inputMode: "numeric", value: (value ?? []).join(", ") });
  const type = kind === "slider" ? "range" : "number";
  const step = field.step ?? (field.whole ? 1 : "any");
  return make("input", { type, min: field.low, max: field.high, step, value: value ?? "" });
}

// A square to put points of two classes on: a click adds one, or takes away the one that is there. The same points stand
// as text below it, for the keyboard.
const SVG = "http://www.w3.org/2000/svg";
function pointPad(box) {
  const pad = document.createElementNS(SVG, "svg");
  pad.setAttribute("viewBox", "0 0 1 1");
  pad.ariaHidden = "true";
  let kind = "a";
  const toggle = make("button", { type: "button", className: "point-class chip" });
  const label = () => (toggle.textContent = `${words.point_class}: ${kind}`);
  const points = () => box.value.split(/[;\n]/).map((part) => part.trim().split(/\s+/)).filter((part) => part.length === 3);
  const draw = () => pad.replaceChildren(...points().map(([x, y, name]) => {
    const mark = document.createElementNS(SVG, name === "a" ? "circle" : "rect");
    const place = name === "a" ? { cx: x, cy: 1 - y, r: 0.025 } : { x: x - 0.022, y: 0.978 - y, width: 0.044, height: 0.044 };
    for (const [key, value] of Object.entries(place)) mark.setAttribute(key, value);
    return mark;
  }));
  pad.addEventListener("click", (event) => {
    const frame = pad.getBoundingClientRect();
    const [x, y] = [(event.clientX - frame.left) / frame.width, 1 - (event.clientY - frame.top) / frame.height];
    const kept = points().filter((point) => Math.hypot(point[0] - x, point[1] - y) > 0.035);
    if (kept.length === points().length) kept.push([x.toFixed(2), y.toFixed(2), kind]);
    box.value = kept.map((point) => point.join(" ")).join("; ");
    draw();
  });
  toggle.addEventListener("click", () => {
    kind = kind === "a" ? "b" : "a";
    label();
  });
  box.addEventListener("input", draw);
  draw();
  label();
  return make("div", { className: "pad" }, pad, toggle);
}

// What the learner set: nothing for a field left empty, which then has its default. What is wrong, the server says.
function fieldValue(field, input) {
  const text = input.value.trim();
  if (field.kind === "choice") return field.choices[input.selectedIndex][0] || undefined; // with its type
  if (field.kind.includes("text") || field.kind === "points") return input.value;
  if (text === "") return undefined;
  return field.kind === "numbers" ? text.split(/[\s,]+/).map(Number) : Number(text);
}

function labForm(lab, fields, label) {
  const form = make("form", { className: "lab-form" });
  const inputs = fields.map((field) => {
    const input = fieldInput(field);
    const shown = make("output", { ariaHidden: "true", hidden: field.kind !== "slider", textContent: shortNumber(input.value) });
    input.addEventListener("input", () => (shown.textContent = shortNumber(input.value)));
    form.append(make("label", { className: field.kind.replace(" ", "-") }, make("span", {}, field.label, " ", shown), input));
    if (field.kind === "points") form.append(pointPad(input));
    return [field, input];
  });
  form.append(make("button", { type: "submit", textContent: label }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const set = inputs.map(([field, input]) => [field.name, fieldValue(field, input)]);
    runLab(lab, Object.fromEntries(set.filter(([, value]) => value !== undefined)));
  });
  return form;
}

// ---- below an answer -----------------------------------------------------------------------------
function drawAfter(place, after) {
  const drawn = JSON.stringify([after, words.again]);
  if (place.drawn === drawn) return;
  place.drawn = drawn;
  place.replaceChildren();
  if (!after) return;
  const chips = after.next.map((next) => {
    const chip = make("button", { type: "button", className: next.lab ? "chip run" : "chip", textContent: next.words });
    chip.addEventListener("click", () => (next.lab ? runLab(next.lab, next.arguments) : askNext(next.question)));
    return chip;
  });
  if (chips.length) place.append(make("div", { className: "next", role: "group", ariaLabel: words.next }, ...chips));
  if (!after.form) return;
  const form = labForm(after.form.lab, after.form.fields, words.run);
  const save = actionButton(words.records.save, "save-record", async () => {
    const number = Number(place.closest(".turn").dataset.id.slice(1));
    saveAs(await (await call("POST", "/record", { tab: sessionStorage.tutor, number })).blob(), `${after.form.lab}.json`);
  });
  place.append(make("details", { className: "again" }, make("summary", { textContent: words.again }), form), save);
}

// ---- a record is run again -----------------------------------------------------------------------
const MOST_RECORD = 8_000_000; // bytes; the server says so of more (tutor/labs/records.py)

function replayer() {
  const input = make("input", { type: "file", accept: ".json,application/json", hidden: true });
  const choose = make("button", { type: "button", className: "chip", textContent: words.records.replay });
  const bar = make("div", { className: "replay" }, make("p", { className: "hint", textContent: words.records.hint }), choose, input);
  choose.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    $(".error", bar)?.remove();
    const body = input.files[0].slice(0, MOST_RECORD + 1);
    const answer = await fetch(`/replay?lang=${words.lang}`, { method: "POST", body }).catch(console.error);
    const found = answer?.ok ? await answer.json() : { error: words.view_failed };
    input.value = ""; // the same file may be put right and chosen again
    if (!found.error) return runLab(found.lab, found.arguments, found.record);
    bar.append(make("p", { className: "error", role: "alert", textContent: found.error }));
  });
  return bar;
}

// ---- the gallery ---------------------------------------------------------------------------------
function labCard({ lab, picture, title, summary, articles, fields }) {
  const links = articles.map(({ title, link }) => make("a", { className: "whole-text", href: link, target: "_blank", textContent: title }));
  const story = make("p", { className: "story" }, words.story, ...links);
  const form = make("details", {}, make("summary", { textContent: words.set_up }), labForm(lab, fields, words.run));
  const card = make("section", {}, make("h3", { textContent: title }), make("p", { textContent: summary }), story, form);
  // Beside the words it says nothing of its own: without a name it is passed over by those who hear the page.
  if (picture) card.prepend(make("img", { loading: "lazy", width: 320, height: 200, alt: "", src: picture }));
  card.dataset.lab = lab;
  return card;
}

views.labs = async (body, lab) => {
  body.append(replayer(), ...(await data("/labs")).map(labCard));
  const card = lab && $(`[data-lab="${CSS.escape(lab)}"]`, body);
  if (!card) return;
  $("details", card).open = true;
  $("summary", card).focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
};

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.lab");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  $("#document").close();
  openView("labs", link.dataset.lab);
});

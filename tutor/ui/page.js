// Draws the conversation from data: props.value = {order, turns, busy, words}. All HTML in it was
// escaped on the server (tutor/ui/render.py). Runs once, when the component is loaded.
const log = element.querySelector("#log");
const $ = (selector, within = document) => within.querySelector(selector);
const sources = {}; // turn id -> HTML of its passages
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
let words = {}, active = null, scrolledTo = null;
let cited = null; // the citation that was followed last
let wanted = new URLSearchParams(location.search); // an article read in its own tab leads to its lab, by ?lab=

// ---- figures -------------------------------------------------------------------------------------
let library = null;
function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: "/plotly.min.js", onload: resolve, onerror: reject });
    document.head.append(script);
  });
  return library;
}

const RESTED = 400; // milliseconds without a new character, after which the learner is not typing
const MOMENT = 120; // milliseconds from one moment of a run that plays to the next
let typed = -RESTED;
document.addEventListener("beforeinput", () => (typed = performance.now()), true);
const unrested = () => Math.max(0, typed + RESTED - performance.now());
const later = (wait) => new Promise((done) => setTimeout(done, wait));

// Draws the newest state that `place` was given; states that come while it may not be drawn are passed over: that is, while
// the learner is typing, and as long as drawing this picture would take over a quarter of the time.
async function draw(place) {
  if (place.drawing) return;
  place.drawing = true;
  try {
    await plotly();
    while (place.isConnected && (place.drawn !== place.wanted || place.shown !== place.moment)) {
      await later(Math.max(0, (place.free ?? 0) - performance.now())); // lets the words through, too
      while (unrested()) await later(unrested());
      const began = performance.now();
      if (!place.isConnected) break; // its turn has been taken off the page
      await (place.drawn === place.wanted ? drawMoment(place) : drawState(place));
      place.free = performance.now() + 3 * (performance.now() - began);
    }
  } catch (error) {
    console.error(error);
    clearInterval(place.playing);
    place.textContent = words.plot_failed ?? "";
  }
  place.drawing = false;
}

async function drawState(place) {
  const { data, layout, frames } = place.figure;
  place.drawn = place.wanted;
  place.moment = place.shown = frames && frames.length - 1; // what is drawn of a run is its end
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  layout.autosize = true;
  if (place.clientWidth < 480 && layout.title) layout.title.font = { ...layout.title.font, size: 13 };
  const drawn = frames ? { ...layout, sliders: [], updatemenus: [] } : layout; // the page has its own, see drawPlayer
  await Plotly.react(place, { data, layout: drawn, config });
  const picture = $(".plot-container", place);
  picture.role = "img"; // says what is to be seen, for those who can't
  picture.ariaLabel = layout.meta?.alt ?? layout.title?.text ?? "";
  drawPlayer(place);
}

async function drawMoment(place) {
  const { data, layout, traces } = place.figure.frames[place.moment];
  place.shown = place.moment;
  await Plotly.update(place, { z: data.map(({ z }) => z) }, layout, traces);
}

// The way through a run. Plotly's own slider and buttons would draw themselves anew at every moment, and be for the mouse
// alone. A run that has just been made plays once; while it is out of sight or the learner is typing, it waits.
function drawPlayer(place) {
  clearInterval(place.playing);
  $(".player", place)?.remove();
  const { frames, layout } = place.figure;
  if (!frames) return;
  const [play, pause] = layout.updatemenus[0].buttons.map(({ label }) => label);
  const button = make("button", { type: "button", className: "chip" });
  const told = make("output", { ariaHidden: "true" });
  const slider = make("input", { type: "range", className: "moments", max: frames.length - 1, ariaLabel: words.moments });
  const show = (moment) => {
    slider.value = place.moment = moment;
    slider.ariaValueText = `${Math.round((100 * moment) / slider.max)}%`;
    told.textContent = layout.sliders[0].currentvalue.prefix + slider.ariaValueText;
    draw(place);
  };
  const stop = () => {
    clearInterval(place.playing);
    place.playing = null;
    button.textContent = play;
  };
  let next = 0;
  const step = () => {
    if (place.isConnected && (unrested() || !place.inSight)) return;
    if (place.isConnected && next < frames.length) show(next++);
    else stop();
  };
  const start = () => {
    next = (place.moment + 1) % frames.length; // from the end to the start
    place.playing = setInterval(step, MOMENT);
    button.textContent = pause;
  };
  slider.addEventListener("input", () => (stop(), show(Number(slider.value))));
  button.addEventListener("click", () => (place.playing ? stop() : start()));
  place.append(make("div", { className: "player" }, button, told, slider));
  stop();
  show(place.moment);
  if (place.play && !calm()) start();
}

// A picture is drawn when it comes into sight.
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    target.inSight = isIntersecting;
    target.seen ||= isIntersecting;
    if (target.seen && target.drawn !== target.wanted) draw(target);
  }
}, { rootMargin: "100px" });

function drawFigures(holder, figures, play) {
  while (holder.children.length > figures.length) {
    if (window.Plotly) Plotly.purge(holder.lastChild);
    holder.lastChild.remove();
  }
  while (holder.children.length < figures.length) {
    const place = Object.assign(document.createElement("div"), { className: "figure" });
    holder.append(place);
    sight.observe(place);
  }
  figures.forEach((json, i) => {
    const place = holder.children[i];
    if (place.wanted === json) return;
    Object.assign(place, { wanted: json, figure: JSON.parse(json), play });
    // Given now, or what stands below would jump when it is drawn; and turning a phone would squeeze it.
    place.style.height = `${place.figure.layout.height}px`;
    if (place.seen) draw(place);
  });
}

// ---- turns ---------------------------------------------------------------------------------------
function setHTML(place, html) {
  if (place.written === html) return;
  place.written = html;
  place.innerHTML = html;
}

function newTurn(id) {
  const turn = Object.assign(document.createElement("article"), { className: "turn" });
  turn.dataset.id = id;
  turn.innerHTML =
    '<div class="asked"></div><div class="reply"><div class="figures"></div><div class="said"></div><div class="turn-tools"></div><div class="after"></div>' +
    '<p class="status"><span class="pulse" aria-hidden="true"></span><span></span></p></div>';
  return turn;
}

// Takes a turn off the page, with all that is held for it.
function dropTurn(turn) {
  for (const place of turn.querySelectorAll(".figure")) {
    sight.unobserve(place);
    if (window.Plotly) Plotly.purge(place);
  }
  delete sources[turn.dataset.id];
  turn.remove();
}

// Of a long conversation the page holds the newest turns; those before come when they are asked for.
function countEarlier() {
  const { order } = props.value;
  const n = Math.max(0, order.indexOf($(".turn", log)?.dataset.id));
  $("#earlier").hidden = n === 0;
  $("#earlier").textContent = words.earlier.replace("{n}", n);
}

async function showEarlier() {
  const first = $(".turn", log);
  const views = await post("/earlier", { tab: sessionStorage.tutor, number: Number(first.dataset.id.slice(1)) });
  if ($(".turn", log) !== first) return; // they have come already
  const top = first.getBoundingClientRect().top;
  views.forEach((view) => drawTurn(view, false));
  log.prepend(...views.map(({ id }) => $(`[data-id="${id}"]`, log)));
  countEarlier();
  window.scrollBy(0, first.getBoundingClientRect().top - top);
  if ($("#earlier").hidden) Object.assign(first, { tabIndex: -1 }).focus({ preventScroll: true });
}
$("#earlier").addEventListener("click", () => showEarlier().catch(console.error));

function drawTurn(view, running) {
  let turn = log.querySelector(`[data-id="${view.id}"]`);
  if (!turn) log.append((turn = newTurn(view.id)));
  setHTML($(".asked", turn), view.question);
  $(".asked", turn).hidden = !view.question;
  setHTML($(".said", turn), view.answer);
  $(".status", turn).hidden = !view.status;
  setHTML($(".status span:last-child", turn), view.status);
  drawFigures($(".figures", turn), view.figures, running);
  drawTools(turn, view);
  drawAfter($(".after", turn), view.after);
  sources[view.id] = view.sources;
}

// Says a change aloud to those who cannot see it; where a dialog is open within it, for all else is then out of reach.
function announce(text) {
  const place = $("dialog[open] .aloud") ?? $(".aloud");
  if (place.textContent === text) return;
  place.textContent = text;
  setTimeout(() => place.textContent === text && place.replaceChildren(), 3000); // said; not to be read a second time
}

// What an answer is about to do, without the counters that go on and on; then the whole answer at once.
function announceTurn(turn, busy, ended) {
  if (busy) announce($(".status", turn).textContent.split("…")[0]);
  else if (ended && !$(".error", turn)) announce($(".said", turn).innerText); // an error is said by itself
}

// Brings a new question to the top of the window, and keeps it there while its answer grows, unless the reader scrolls;
// of a conversation that is opened again, the last one.
function follow(fresh) {
  if (!fresh && (scrolledTo === null || Math.abs(window.scrollY - scrolledTo) > 3)) return;
  window.scrollTo({ top: log.lastElementChild.getBoundingClientRect().top + window.scrollY - 14 });
  scrolledTo = props.value.busy ? window.scrollY : null;
}

function show() {
  const view = props.value;
  if (!view || !view.order) return;
  const answering = log.ariaBusy === "true";
  const others = words.lang !== view.words.lang; // turns that are not sent anew are in another language
  words = view.words;
  document.documentElement.lang = words.lang;
  $("#language").ariaLabel = words.language;
  for (const button of document.querySelectorAll("#files > button")) button.ariaExpanded ??= "false"; // there may be none
  if (view.busy) plotly(); // a demo may come: load the library while the model is thinking
  const opening = !document.body.classList.contains("ready");
  if (opening) keepStudied({}).catch(console.error);
  document.body.classList.add("ready");
  for (const turn of [...log.querySelectorAll(".turn")]) {
    if (!view.order.includes(turn.dataset.id) || (others && !view.turns.some(({ id }) => id === turn.dataset.id))) dropTurn(turn);
  }
  const fresh = view.turns.some((turn) => !log.querySelector(`[data-id="${turn.id}"]`));
  view.turns.forEach((turn) => drawTurn(turn, view.busy || answering)); // a run may come with the end of its answer
  while (fresh && log.childElementCount > view.most) dropTurn(log.firstElementChild);
  countEarlier();
  log.dataset.welcome = words.welcome;
  log.ariaBusy = String(view.busy);
  document.body.classList.toggle("talking", view.order.length > 0);
  $("#side").classList.toggle("idle", view.order.length === 0);
  const last = view.turns.at(-1);
  showSources(last?.sources ? last.id : view.order.includes(active) ? active : null);
  if (answering && !view.busy && last?.sources) study(document.querySelectorAll("#passages .whole-text"));
  if (last) announceTurn(log.lastElementChild, view.busy, answering);
  if (last) follow((fresh && view.busy) || opening);
  const opened = wanted?.has("lab") ? "labs" : wanted?.get("view");
  if (views[opened]) openView(opened, wanted.get("lab") ?? wanted.get("at"));
  wanted = null;
}

// ---- sources -------------------------------------------------------------------------------------
function showSources(id) {
  active = id;
  setHTML($("#passages"), sources[id] || `<p class="hint">${words.no_sources}</p>`);
  $("#sources h2").textContent = $("#sources").ariaLabel = words.sources;
  $("#back").textContent = words.back;
  for (const close of document.querySelectorAll("form > .close-dialog")) close.ariaLabel = words.close;
}

function openCitation(link) {
  const turn = link.closest(".turn");
  cited = link;
  if (turn) showSources(turn.dataset.id);
  const passage = $(`#passages .source[data-n="${CSS.escape(link.dataset.n)}"]`);
  if (!passage) return;
  document.querySelectorAll(".source.open").forEach((other) => other.classList.remove("open"));
  passage.classList.add("open");
  passage.focus({ preventScroll: true });
  passage.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
}

function backToAnswer() {
  const behavior = calm() ? "auto" : "smooth";
  log.querySelector(`[data-id="${active}"]`)?.scrollIntoView({ block: "end", behavior });
  if (cited?.isConnected) cited.focus({ preventScroll: true });
}

async function documentText(href) {
  const answer = await fetch(href);
  const text = new DOMParser().parseFromString(await answer.text(), "text/html");
  study([new URL(href, location)]);
  return $("article", text) ?? text.body;
}

async function openDocument(link) {
  const dialog = $("#document");
  const body = $("div", dialog);
  body.replaceChildren(await documentText(link.href));
  dialog.ariaLabel = $("h1", body)?.textContent ?? words.whole_text;
  if (!dialog.open) dialog.showModal();
  else body.focus({ preventScroll: true }); // a related article was followed, and its link is gone
  body.scrollTop = 0;
  $("mark", dialog)?.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.cite, a.whole-text, #back");
  if (event.target.id === "document") event.target.close(); // the backdrop
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (link.matches(".cite")) openCitation(link);
  else if (link.matches(".whole-text")) openDocument(link);
  else backToAnswer();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.("#sources") && cited?.isConnected) cited.focus();
});

function saveAs(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

document.addEventListener("save", ({ detail: { text, name } }) => saveAs(new Blob([text]), name));

// ---- what was studied ----------------------------------------------------------------------------
// The articles, by slug, that were opened in the dialog or cited by an answer as it came.
let studied = new Set();

async function keepStudied(change) {
  studied = new Set(await post("/studied", change));
  document.dispatchEvent(new Event("studied"));
}

function study(links) {
  const slugs = [...links].map((link) => /^\/document\/(?:ko|en)\/([^/]+)$/.exec(link.pathname)?.[1]);
  const fresh = slugs.filter((slug) => slug && !studied.has(slug));
  if (fresh.length) keepStudied({ add: fresh }).catch(console.error);
}

// ---- typing --------------------------------------------------------------------------------------
// The Enter that ends a Hangul composition chooses a syllable; it must not send the question. By 229 every browser marks
// a key that the input method took, Safari one after the composition's end; what is pressed next is the learner's own.
let composed = false;
for (const kind of ["keydown", "keypress"]) {
  document.addEventListener(kind, (event) => {
    if (kind === "keydown") composed = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter") return;
    if (composed) {
      event.stopImmediatePropagation();
      if (kind === "keypress") event.preventDefault(); // it would send a form
    } else if (!event.shiftKey && event.target.closest("#question")) keepEmpty(event);
  }, true);
}

// An empty box asks nothing.
function keepEmpty(event) {
  if ($("#question textarea").value.trim()) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}
document.addEventListener("click", (event) => event.target.closest?.("#send") && keepEmpty(event), true);

// Gradio's own button does not tell whether its section is open.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("#files > button");
  if (button) button.ariaExpanded = String(button.ariaExpanded !== "true");
});

// These buttons go when they are pressed; who pressed them by keyboard (there were no clicks) goes on in the box.
document.addEventListener("click", (event) => {
  if (event.detail === 0 && event.target.closest?.("#send, #stop, #clear")) $("#question textarea").focus();
});

watch("value", show);
show();

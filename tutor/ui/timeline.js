// The history as a picture: a lane for every strand, a dot for every event, labels where there is room; on a narrow page
// a list by decade. Where a dot stands is worked out here, how it looks is style.css. Shares its scope with page.js.
const EVENT_DOT = 9; // px from one dot to the next
const EVENT_LABEL = { high: 15, most: 190, rows: 3 }; // px of a label's row, of the longest label; rows in a lane
const LANE_MARGIN = { left: 124, right: 10, top: 24, lane: 7 }; // px: the strands' names, the years, within a lane
const CLOSEST = 200; // times as wide as the whole: a year without events fills the frame
const NEAR = 4; // times as wide as the whole: there are two more rows of labels, and any event may have one
const narrow = matchMedia("(max-width: 700px)");
const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

// ---- where everything stands ---------------------------------------------------------------------
const laneWidth = (line) => line.frame.clientWidth - LANE_MARGIN.left - LANE_MARGIN.right;
const cellOf = (line, year) => Math.min(Math.max(year - line.years[0].year, 0), line.years.length - 1);

const byWeight = (a, b) => b.milestone - a.milestone || a.rank - b.rank || a.year - b.year;

// Dots of one year stand side by side as far as it is wide, and then below each other; the telling ones first.
function stackEvents(line, own) {
  const cells = new Map();
  for (const event of [...own].sort(byWeight)) {
    const cell = cellOf(line, event.year);
    cells.set(cell, [...(cells.get(cell) ?? []), event]);
  }
  for (const [cell, events] of cells) {
    const [from, to] = [line.edges[cell], line.edges[cell + 1]];
    const columns = Math.min(events.length, Math.max(1, Math.floor((to - from) / EVENT_DOT)));
    events.forEach((event, i) => {
      event.x = from + ((i % columns) + 0.5) * ((to - from) / columns);
      event.row = Math.floor(i / columns);
    });
  }
}

// Flags over the dots: each in the lowest row where neither it nor its pole is in the way of another, to the right of the
// pole or else to the left. Returns how many rows there are.
function flagEvents(line, own) {
  const near = line.zoom >= NEAR;
  const taken = Array.from({ length: EVENT_LABEL.rows + (near ? 2 : 0) }, () => []);
  const free = (row, from, to) => taken[row].every(([start, end]) => to < start || from > end);
  own.forEach((event) => (event.flag = -1));
  const wanted = own.filter((event) => event.row === 0 && (event.milestone || near));
  for (const event of wanted.sort(byWeight)) {
    const { x, width } = event;
    const sides = [[x - 4, x + width], [x - width, x + 4]].filter(([from, to]) => from > LANE_MARGIN.left && to < line.edges.at(-1));
    const pole = (row) => taken.slice(0, row).every((_, low) => free(low, x - 4, x + 4));
    const row = taken.findIndex((_, row) => pole(row) && sides.some((side) => free(row, ...side)));
    if (row < 0) continue;
    const side = sides.find((side) => free(row, ...side));
    Object.assign(event, { flag: row, left: side[0] < x - 4 });
    taken[row].push(side);
    for (let low = 0; low < row; low++) taken[low].push([x - 4, x + 4]);
  }
  return taken.findLastIndex((row) => row.length) + 1;
}

function arrangeEvents(line) {
  if (narrow.matches || !line.frame.clientWidth) return;
  const unit = (line.zoom * laneWidth(line)) / line.years.reduce((sum, year) => sum + year.width, 0);
  line.edges = line.years.reduce((edges, year) => [...edges, edges.at(-1) + year.width * unit], [LANE_MARGIN.left]);
  let top = LANE_MARGIN.top;
  for (const { chip } of line.strands) chip.style.height = "";
  const names = line.strands.map(({ chip }) => chip.offsetHeight);
  for (const [i, { strand, chip, lane }] of line.strands.entries()) {
    const own = line.events.filter((event) => event.strand === strand && !line.off.has(strand));
    stackEvents(line, own);
    const dots = top + LANE_MARGIN.lane + flagEvents(line, own) * EVENT_LABEL.high;
    own.forEach((event) => putEvent(event, dots + event.row * EVENT_DOT));
    const rows = Math.max(...own.map((event) => event.row), -1) + 1;
    const high = Math.max(dots + rows * EVENT_DOT + LANE_MARGIN.lane - top, names[i]);
    for (const { style } of [chip, lane]) Object.assign(style, { top: `${top}px`, height: `${high}px` });
    top += high;
  }
  line.plane.style.setProperty("--wide", `${line.edges.at(-1) + LANE_MARGIN.right}px`);
  line.plane.style.setProperty("--high", `${top}px`);
  drawYears(line);
}

function putEvent({ button, x, flag, left }, y) {
  button.style.cssText = `left: ${x - EVENT_DOT / 2}px; top: ${y}px; --rise: ${flag * EVENT_LABEL.high}px`;
  button.classList.toggle("flagged", flag >= 0);
  button.classList.toggle("leftward", left);
}

// The years over the lanes: the first place, the decades, then as many others as fit.
function drawYears(line) {
  const { years, edges } = line;
  const shown = [];
  for (const every of [10, 5, 1]) {
    years.forEach(({ year }, i) => {
      const [from, to] = [edges[i], edges[i] + (i ? 36 : 66)];
      const wanted = i === 0 || (year % every === 0 && (every > 1 || line.zoom >= NEAR));
      if (wanted && to < edges.at(-1) && shown.every((other) => to < other.from || from > other.to)) shown.push({ from, to, i });
    });
  }
  line.axis.replaceChildren(...shown.map(({ from, i }) => {
    const year = make("span", { textContent: i ? years[i].year : fillIn(line.words.before, years[0]) });
    year.style.left = `${from}px`;
    return year;
  }));
}

// ---- zoom and the years in sight -----------------------------------------------------------------
// Zooms with what stands at `at` px of the frame kept where it is.
function zoomTo(line, zoom, at = LANE_MARGIN.left + laneWidth(line) / 2) {
  const { frame } = line;
  const place = (frame.scrollLeft + at - LANE_MARGIN.left) / line.zoom;
  line.zoom = Math.min(CLOSEST, Math.max(1, zoom));
  arrangeEvents(line);
  frame.scrollLeft = place * line.zoom + LANE_MARGIN.left - at;
  sayYears(line);
}

function sayYears({ frame, edges, years, first, last, events }) {
  if (narrow.matches) return;
  const at = (x) => Math.max(0, edges.findLastIndex((edge) => edge <= x));
  const from = at(frame.scrollLeft + LANE_MARGIN.left + 1);
  first.value = from === 0 ? events[0].year : years[from].year;
  last.value = years[Math.min(at(frame.scrollLeft + frame.clientWidth - LANE_MARGIN.right - 2), years.length - 1)].year;
}

// Shows the years that the two boxes say; where they cross, the one not set by hand gives way.
function showYears(line, set) {
  const other = set === line.first ? line.last : line.first;
  if (!set.value) return sayYears(line);
  if (line.first.valueAsNumber > line.last.valueAsNumber) other.value = set.value;
  const [from, to] = [line.first, line.last].map((box) => cellOf(line, box.valueAsNumber));
  line.zoom = Math.min(CLOSEST, (line.zoom * laneWidth(line)) / (line.edges[to + 1] - line.edges[from]));
  arrangeEvents(line);
  line.frame.scrollLeft = line.edges[from] - LANE_MARGIN.left;
  sayYears(line);
}

function moveByHand(line) {
  const { frame } = line;
  let held = null, apart = 0;
  const at = (x) => x - frame.getBoundingClientRect().left;
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey || narrow.matches) return;
    event.preventDefault();
    zoomTo(line, line.zoom * Math.exp(-event.deltaY / 200), at(event.clientX));
  }, { passive: false });
  frame.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || narrow.matches) return;
    event.preventDefault();
    const [one, two] = event.touches;
    const now = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
    if (apart) zoomTo(line, (line.zoom * now) / apart, at((one.clientX + two.clientX) / 2));
    apart = now;
  }, { passive: false });
  frame.addEventListener("touchend", () => (apart = 0));
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    held = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop, from: event.clientX };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!held || (!frame.hasPointerCapture(event.pointerId) && Math.abs(event.clientX - held.from) < 5)) return;
    frame.setPointerCapture(event.pointerId); // and so the dot below is not clicked
    frame.scrollTo(held.x - event.clientX, held.y - event.clientY);
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (held = null));
}

// ---- events --------------------------------------------------------------------------------------
function eventButton(line, event, ruler) {
  const { title } = line.articles[event.slug];
  const part = (className, textContent) => make("span", { className, textContent });
  const parts = [part("when", event.year), part("name", title), part("said", event.text), part("state", "")];
  event.button = make("button", { type: "button", className: "event", tabIndex: -1 }, ...parts.flatMap((one) => [one, " "]));
  event.button.classList.toggle("milestone", event.milestone);
  event.button.dataset.strand = event.strand;
  event.width = Math.min(EVENT_LABEL.most, ruler.measureText(event.milestone ? title : event.text).width) + 14;
  event.button.addEventListener("click", () => openCard(line, event));
  for (const kind of ["pointerenter", "focus"]) {
    event.button.addEventListener(kind, () => (line.hint.textContent = `${event.year} · ${title} · ${event.text}`));
  }
  return event.button;
}

// The dot that the Tab key comes to; the arrows lead on from there.
function makeCurrent(line, event) {
  if (line.current) line.current.button.tabIndex = -1;
  line.current = event;
  event.button.tabIndex = 0;
}

function goTo(line, key) {
  const { current } = line;
  const shown = line.events.filter(({ button }) => button.checkVisibility());
  const at = shown.indexOf(current);
  const down = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (down && !narrow.matches) { // to the nearest of the next lane
    const lanes = line.strands.map(({ strand }) => strand).filter((strand) => !line.off.has(strand));
    const lane = lanes[lanes.indexOf(current.strand) + down];
    const own = shown.filter((event) => event.strand === lane);
    return own.reduce((best, event) => (Math.abs(event.x - current.x) < Math.abs(best.x - current.x) ? event : best), own[0]);
  }
  const step = down ?? { ArrowLeft: -1, ArrowRight: 1 }[key];
  return step ? shown[at + step] : { Home: shown[0], End: shown.at(-1) }[key];
}

function byKeys(line) {
  line.plane.addEventListener("keydown", (event) => {
    if (!event.target.matches(".event") || !/^(Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    const next = goTo(line, event.key);
    if (!next) return;
    makeCurrent(line, next);
    next.button.focus();
  });
}

function openCard(line, event) {
  const { words: said, articles } = line;
  const { title, lab, lab_title, questions } = articles[event.slug];
  const close = make("button", { type: "button", className: "close-dialog", ariaLabel: said.close, textContent: "×" });
  const linked = { textContent: event.source, href: event.url, target: "_blank", rel: "noopener noreferrer" };
  const story = make("a", { className: "whole-text", href: event.link, target: "_blank", textContent: title });
  const strand = line.strands.find((one) => one.strand === event.strand).title;
  line.card.replaceChildren(
    close,
    make("p", { className: "when" }, make("b", { textContent: event.year }), ` · ${strand}`),
    make("p", { className: "said", textContent: event.text }),
    make("p", { className: "from" }, said.source, event.url ? make("a", linked) : event.source),
    make("p", { className: "links" }, make("span", {}, said.article, story)),
    make("div", { className: "next", role: "group", ariaLabel: said.ask }, ...askChips([event.question, ...questions])),
  );
  if (lab) {
    const run = make("a", { className: "lab", href: `/?lab=${encodeURIComponent(lab)}`, textContent: lab_title });
    run.dataset.lab = lab;
    $(".links", line.card).append(run);
  }
  line.card.hidden = false;
  line.card.ariaLabel = `${event.year}, ${title}`;
  line.card.dataset.strand = event.strand;
  close.addEventListener("click", () => closeCard(line));
  $(".open", line.plane)?.classList.remove("open");
  event.button.classList.add("open");
  makeCurrent(line, event);
  if (narrow.matches) event.button.after(line.card);
  else line.body.append(line.card);
  line.card.focus();
  event.button.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function askChips(questions) {
  return [...new Set(questions)].filter(Boolean).slice(0, 3).map((question) => {
    const chip = make("button", { type: "button", className: "chip", textContent: question });
    chip.addEventListener("click", () => askNext(question));
    return chip;
  });
}

function closeCard(line) {
  line.card.hidden = true;
  line.current.button.classList.remove("open");
  line.current.button.focus();
}

// ---- the view ------------------------------------------------------------------------------------
function strandChip(line, strand) {
  strand.chip = make("button", { type: "button", className: "strand", ariaPressed: "true", textContent: strand.title });
  strand.chip.dataset.strand = strand.strand;
  strand.chip.addEventListener("click", () => {
    const off = !line.off.delete(strand.strand) && line.off.add(strand.strand);
    strand.chip.ariaPressed = String(!off);
    showStrands(line);
  });
  return strand.chip;
}

function showStrands(line) {
  for (const event of line.events) event.button.hidden = line.off.has(event.strand);
  for (const decade of line.plane.querySelectorAll(".decade")) {
    const folded = decade.querySelectorAll(".event:not(.milestone, [hidden])").length;
    const { more, fewer } = line.words;
    $(".more", decade).hidden = !folded;
    $(".more", decade).textContent = decade.classList.contains("whole") ? fewer : fillIn(more, { n: folded });
  }
  const shown = line.events.filter(({ button }) => button.checkVisibility());
  if (shown.length && !shown.includes(line.current)) makeCurrent(line, shown[0]);
  arrangeEvents(line);
}

// The events in the order of the years, under a heading for each decade, which only the list shows.
function decadeSections(line) {
  const ruler = make("canvas").getContext("2d");
  ruler.font = `12px ${getComputedStyle(line.body).fontFamily}`;
  const sections = new Map();
  for (const event of line.events) {
    const begin = Math.max(Math.floor(event.year / 10) * 10, Math.floor(line.years[0].year / 10) * 10 - 10);
    if (!sections.has(begin)) {
      const text = begin < line.years[0].year - 9 ? fillIn(line.words.before, { year: begin + 9 }) : fillIn(line.words.decade, { year: begin });
      const more = make("button", { type: "button", className: "more chip" });
      const section = make("section", { className: "decade" }, make("h3", { textContent: text }), more);
      more.addEventListener("click", () => {
        section.classList.toggle("whole");
        showStrands(line);
      });
      sections.set(begin, section);
    }
    sections.get(begin).lastChild.before(eventButton(line, event, ruler));
  }
  return [...sections.values()];
}

function timelineBar(line) {
  const { words: said, events } = line;
  const button = (text, label, act) => {
    const made = make("button", { type: "button", className: "chip", textContent: text, ariaLabel: label });
    made.addEventListener("click", act);
    return made;
  };
  const year = () => make("input", { type: "number", min: events[0].year, max: events.at(-1).year });
  [line.first, line.last] = [year(), year()];
  for (const box of [line.first, line.last]) box.addEventListener("change", () => showYears(line, box));
  line.progress = make("span");
  line.forget = button(said.forget, said.forget, () => {
    if (!confirm(said.forget_sure)) return;
    keepStudied({ clear: true }).catch(console.error);
    line.current.button.focus(); // the button is gone
  });
  return make("div", { className: "bar" },
    make("div", { className: "zoom" },
      button("−", said.zoom_out, () => zoomTo(line, line.zoom / 1.6)),
      button("+", said.zoom_in, () => zoomTo(line, line.zoom * 1.6)),
      button(said.zoom_whole, said.zoom_whole, () => zoomTo(line, 1)),
      make("label", {}, said.first, " ", line.first), make("label", {}, said.last, " ", line.last)),
    make("p", { className: "progress" }, line.progress, " ", line.forget));
}

function markStudied(line) {
  for (const { slug, button } of line.events) {
    button.classList.toggle("studied", studied.has(slug));
    $(".state", button).textContent = studied.has(slug) ? line.words.studied : "";
  }
  const all = Object.keys(line.articles);
  const n = all.filter((slug) => studied.has(slug)).length;
  line.progress.textContent = fillIn(line.words.studied_of, { n, m: all.length });
  line.forget.hidden = n === 0;
}

views.timeline = async (body) => {
  const line = { ...(await data("/timeline")), body, zoom: 1, off: new Set(), current: null };
  const ranks = Object.keys(line.articles);
  line.events.forEach((event) => (event.rank = ranks.indexOf(event.slug)));
  body.className = "timeline";
  line.axis = make("div", { className: "axis", ariaHidden: "true" });
  const chips = line.strands.map((strand) => strandChip(line, strand));
  const strands = make("div", { className: "strands", role: "group", ariaLabel: line.words.show }, ...chips);
  const lanes = line.strands.map((strand) => (strand.lane = make("div", { className: "lane" })));
  line.plane = make("div", { className: "plane" }, line.axis, strands, ...lanes, ...decadeSections(line));
  line.frame = make("div", { className: "years" }, line.plane);
  line.hint = make("p", { className: "hint", textContent: line.words.hint });
  line.card = make("section", { className: "card", tabIndex: -1, hidden: true });
  body.append(timelineBar(line), line.frame, line.hint);
  line.card.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), closeCard(line)));
  line.frame.addEventListener("scroll", () => sayYears(line));
  moveByHand(line);
  byKeys(line);
  showStrands(line);
  markStudied(line);
  sayYears(line);
  body.restudied = () => markStudied(line);
  let width = line.frame.clientWidth;
  new ResizeObserver(() => {
    if (width === (width = line.frame.clientWidth)) return; // only the height has changed
    showStrands(line);
    sayYears(line);
  }).observe(line.frame);
};

document.addEventListener("studied", () => $("#view > div").restudied?.());

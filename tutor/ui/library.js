// The sources: a list, a search over their text, and a pane to read in. Shares its scope with page.js and views.js.

// As letters are compared: no accents, no capitals; Hangul in its parts, so that a syllable half typed finds the whole.
const plainLetters = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

function shelfGroup({ title, hint, documents }) {
  const rows = documents.map(({ title, note, find, link }) => {
    const row = make("a", { className: "whole-text", href: link }, make("span", { textContent: title }), make("small", { textContent: note }));
    row.dataset.find = plainLetters(`${title} ${note} ${find}`);
    return make("li", {}, row);
  });
  const group = make("section", {}, make("h3", { textContent: title }), make("ul", {}, ...rows));
  if (hint) group.append(make("p", { className: "hint", textContent: hint }));
  return group;
}

// Leaves those documents that hold every word typed; tells whether there is one.
function filterShelf(list, typed) {
  const asked = plainLetters(typed).split(/\s+/);
  for (const group of list.children) {
    const rows = [...group.querySelectorAll("li")];
    for (const row of rows) row.hidden = !asked.every((word) => row.firstChild.dataset.find.includes(word));
    group.hidden = typed.trim() !== "" && rows.every((row) => row.hidden);
  }
  return [...list.children].some((group) => !group.hidden);
}

function foundPassage({ title, place, lang, before, best, behind, why, link }) {
  const text = make("p", { lang }, before, make("mark", { textContent: best }), behind);
  const head = make("a", { className: "whole-text", href: link, textContent: title });
  return make("li", {}, head, make("p", { className: "place", textContent: place }), text, make("p", { className: "why", textContent: why }));
}

// Opens a document in the pane; on a phone over the list.
async function readInPane(body, href) {
  const reading = $(".reading", body);
  const shelf = $(".shelf", body);
  reading.dataset.href = href;
  let text;
  try {
    text = await documentText(href);
  } catch (error) {
    console.error(error);
    text = make("p", { className: "error", role: "alert", textContent: words.view_failed });
  }
  if (reading.dataset.href !== href) return; // another one was chosen meanwhile
  reading.replaceChildren(text);
  body.classList.add("opened");
  const path = (address) => decodeURIComponent(new URL(address).pathname);
  for (const link of shelf.querySelectorAll("a")) {
    const open = link.closest(".found") ? link.href === href : path(link.href) === path(href);
    link.ariaCurrent = open ? "true" : null;
  }
  reading.scrollTop = 0;
  $("mark", reading)?.scrollIntoView({ block: "center" });
  // Who goes through the list by keyboard stays in it, unless the text covers it or the link that was followed is gone.
  const focused = document.activeElement;
  const covered = getComputedStyle(shelf).visibility === "hidden" && shelf.contains(focused);
  if (covered || focused === document.body) reading.focus({ preventScroll: true });
}

function librarySearch(list) {
  const said = words.library;
  const box = make("input", { type: "search", placeholder: said.find, ariaLabel: said.find, autocomplete: "off" });
  const form = make("form", { role: "search" }, box, make("button", { type: "submit", textContent: said.search }));
  const told = make("p", { className: "hint", role: "status", textContent: said.rule });
  const found = make("ol", { className: "found", hidden: true });
  const all = make("button", { type: "button", className: "chip", hidden: true, textContent: said.all });
  let asked = null; // the newest search; what an earlier one finds comes too late
  const showList = () => {
    asked = null;
    list.hidden = false;
    found.hidden = all.hidden = true;
    told.textContent = filterShelf(list, box.value) ? said.rule : said.no_title;
  };
  box.addEventListener("input", showList);
  all.addEventListener("click", () => {
    box.value = "";
    showList();
    box.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const mine = (asked = {});
    told.textContent = said.searching;
    const { message, hits } = await data("/search", { q: box.value }).catch(() => ({ message: said.failed, hits: [] }));
    if (asked !== mine) return;
    told.textContent = message;
    found.replaceChildren(...hits.map(foundPassage));
    list.hidden = hits.length > 0;
    found.hidden = all.hidden = hits.length === 0;
    found.closest(".shelf").scrollTop = 0;
  });
  return [form, told, all, found];
}

views.library = async (body, at) => {
  const said = words.library;
  const groups = await data("/library");
  const list = make("div", { className: "list" }, ...groups.map(shelfGroup));
  const back = make("button", { type: "button", className: "chip back", textContent: said.back });
  const hint = make("p", { className: "hint", textContent: said.choose });
  const reading = make("div", { className: "reading", tabIndex: 0, role: "region", ariaLabel: said.reading }, hint);
  body.append(make("div", { className: "shelf" }, ...librarySearch(list), list), make("div", { className: "pane" }, back, reading));
  back.addEventListener("click", () => {
    body.classList.remove("opened");
    const opened = [...body.querySelectorAll(".shelf [aria-current]")].find((link) => link.checkVisibility());
    (opened ?? $("input", body)).focus();
  });
  body.addEventListener("click", (event) => {
    const link = event.target.closest("a.whole-text");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // else it would open in a dialog of its own
    readInPane(body, link.href);
  });
  if (at) await readInPane(body, new URL(`/document/${encodeURIComponent(at)}?lang=${words.lang}`, location).href);
};

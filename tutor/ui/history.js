// The learner's kept conversations; and beside each answer, what may be done with it. Shares its scope with page.js and
// views.js.
function openConversation(conversation) {
  if (conversation) sessionStorage.tutor = conversation;
  else sessionStorage.removeItem("tutor");
  location.reload();
}

function conversationRow({ id, title, updated, turns }, redraw) {
  const when = new Date(updated).toLocaleString(words.lang, { dateStyle: "medium", timeStyle: "short" });
  const open = make("button", { type: "button", className: "title", textContent: title });
  const remove = make("button", { type: "button", className: "chip", textContent: words.delete, ariaDescription: title });
  open.addEventListener("click", () => openConversation(id));
  remove.addEventListener("click", async () => {
    if (remove.textContent === words.delete) return announce((remove.textContent = words.delete_sure));
    const at = [...row.parentNode.children].indexOf(row);
    const left = await post("/history", { delete: id });
    if (id === sessionStorage.tutor) openConversation(null);
    else redraw(left, at);
  });
  const row = make("li", {}, open, make("small", { textContent: `${when} · ${words.history_turns.replace("{n}", turns)}` }), remove);
  if (id === sessionStorage.tutor) open.ariaCurrent = "true";
  return row;
}

views.history = async (body) => {
  const redraw = (kept, deleted) => {
    const rows = kept.map((one) => conversationRow(one, redraw));
    const list = rows.length ? make("ul", {}, ...rows) : make("p", { className: "hint", textContent: words.history_none });
    body.replaceChildren(make("p", { className: "hint", textContent: words.history_hint }), list);
    if (deleted === undefined) return;
    const titles = [...body.querySelectorAll(".title")];
    (titles[deleted] ?? titles.at(-1) ?? $("#view .close-dialog")).focus();
    announce(words.deleted);
  };
  redraw(await post("/history", {}));
};

// ---- beside an answer ----------------------------------------------------------------------------
function tool(label, act) {
  const button = make("button", { type: "button", textContent: label });
  button.addEventListener("click", () => act(button));
  return button;
}

function editQuestion(turn) {
  const box = $("#question textarea");
  box.value = $(".asked", turn).textContent;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

async function copyAnswer(turn, button) {
  await navigator.clipboard.writeText($(".said .answer", turn).innerText);
  button.textContent = words.copied;
  announce(words.copied);
}

function drawTools(turn, view) {
  const place = $(".turn-tools", turn);
  const drawn = JSON.stringify([words.lang, view.helpful, Boolean(view.after)]);
  if (place.drawn === drawn) return;
  place.drawn = drawn;
  const rated = (helpful, label) => {
    const button = tool(label, () => {
      view.helpful = view.helpful === helpful ? null : helpful;
      post("/feedback", { tab: sessionStorage.tutor, number: view.number, helpful: view.helpful }).catch(console.error);
      drawTools(turn, view);
    });
    button.ariaPressed = String(view.helpful === helpful);
    return button;
  };
  const focused = [...place.children].indexOf(document.activeElement);
  place.replaceChildren();
  if (!view.after) return; // there is no answer yet
  place.append(
    tool(words.edit, () => editQuestion(turn)),
    tool(words.copy, (button) => copyAnswer(turn, button)),
    rated(true, words.helpful),
    rated(false, words.unhelpful),
  );
  place.children[focused]?.focus();
}

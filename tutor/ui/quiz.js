// The quiz: eras with the learner's progress, then one question at a time. Shares its scope with page.js, views.js and labs.js.
const fromNow = ([amount, unit]) => new Intl.RelativeTimeFormat(words.lang).format(amount, unit);

// ---- the eras ------------------------------------------------------------------------------------
function eraCard(body, { era, title, items, seen, known, due }) {
  const told = [fillIn(seen ? words.quiz.counts : words.quiz.untouched, { items, seen, known })];
  if (due) told.push(fillIn(words.quiz.due, { n: due }));
  const bar = make("span", { className: "bar", ariaHidden: "true" }, make("span", { className: "seen" }), make("span", { className: "known" }));
  bar.children[0].style.width = `${(100 * seen) / items}%`;
  bar.children[1].style.width = `${(100 * known) / items}%`;
  const card = actionButton("", "era", () => showQuestion(body, era));
  card.dataset.era = era;
  card.ariaLabel = `${fillIn(words.quiz.start, { era: title })}. ${told.join(", ")}`;
  card.append(make("strong", { textContent: title }), make("span", { className: "counts" }, ...told.map((part) => make("span", { textContent: part }))), bar);
  return card;
}

async function showEras(body) {
  const eras = await data("/quiz/progress");
  const all = { era: "", title: words.quiz.every, items: 0, seen: 0, known: 0, due: 0 };
  for (const era of eras) for (const count of ["items", "seen", "known", "due"]) all[count] += era[count];
  const saves = ["json", "csv"].map((kind) => actionButton(`${words.quiz.save} (${kind.toUpperCase()})`, "chip", async () =>
    saveAs(await (await call("GET", `/quiz/export.${kind}`)).blob(), `ai-history-quiz.${kind}`)));
  const clear = actionButton(words.quiz.clear, "chip", async () => {
    if (!confirm(words.quiz.clear_sure)) return;
    await call("DELETE", "/quiz");
    await showEras(body);
  });
  body.replaceChildren(
    make("p", { className: "hint", textContent: words.quiz.hint }),
    make("div", { className: "eras" }, ...[all, ...eras].map((era) => eraCard(body, era))),
    make("div", { className: "quiz-tools", hidden: !all.seen }, ...saves, clear),
  );
}

// ---- a question ----------------------------------------------------------------------------------
async function showQuestion(body, era) {
  const asked = await data("/quiz", { era });
  const back = actionButton(words.quiz.eras, "chip", () => showEras(body));
  if (!asked.id) {
    const when = asked.due ? ` ${fillIn(words.quiz.next_due, { when: fromNow(asked.due) })}` : "";
    body.replaceChildren(back, make("p", { className: "hint", role: "status", textContent: words.quiz.none_left + when }));
    back.focus();
    return;
  }
  const about = make("p", { className: "about" }, back, make("span", { textContent: `${asked.era} · ${asked.review ? words.quiz.review : words.quiz.fresh}` }));
  const prompt = make("h3", { tabIndex: -1, textContent: asked.prompt });
  const sentence = make("p", { className: "sentence", hidden: !asked.sentence });
  asked.sentence.split("____").forEach((part, i) => sentence.append(...(i ? [make("span", { className: "gap", textContent: "____" })] : []), part));
  const told = make("div", { className: "told", role: "status" });
  const answered = async (given) => {
    form.querySelectorAll("button, input").forEach((control) => (control.disabled = true));
    const reply = await post(`/quiz?lang=${words.lang}`, { item: asked.id, answer: given }).catch((error) => {
      form.querySelectorAll("button, input").forEach((control) => (control.disabled = false));
      throw error;
    });
    tellAnswer(form, told, reply, given);
    body.append(nextStep(body, era, reply));
    $(".quiz-next", body).focus({ preventScroll: true });
    $(".steps", body).scrollIntoView({ block: "nearest" });
  };
  const form = asked.choices.length ? choiceButtons(asked.choices, answered) : answerBox(answered);
  body.replaceChildren(about, prompt, sentence, form, told);
  body.scrollTop = 0;
  (asked.choices.length ? prompt : $("input", form)).focus({ preventScroll: true });
}

function choiceButtons(choices, answered) {
  const buttons = choices.map((choice, i) => {
    const button = actionButton("", "choice", () => answered(choice));
    button.dataset.choice = choice;
    button.append(make("kbd", { ariaHidden: "true", textContent: i + 1 }), make("span", { textContent: choice }));
    return button;
  });
  return make("div", { className: "choices" }, ...buttons);
}

function answerBox(answered) {
  const input = make("input", { type: "text", maxLength: 200, required: true, autocomplete: "off", ariaLabel: words.quiz.type, placeholder: words.quiz.type });
  const form = make("form", { className: "typed" }, input, make("button", { type: "submit", className: "primary", textContent: words.quiz.check }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      if (input.value.trim()) await answered(input.value);
    } catch (error) {
      console.error(error);
      form.after(make("p", { className: "error", role: "alert", textContent: words.view_failed }));
    }
  });
  return form;
}

// ---- what came of it -----------------------------------------------------------------------------
function tellAnswer(form, told, { right, answer, proof, due }, given) {
  for (const button of form.querySelectorAll(".choice")) {
    const chosen = button.dataset.choice;
    button.classList.toggle("right", chosen === answer);
    button.classList.toggle("wrong", chosen === given && !right);
    if (chosen === answer || chosen === given) button.append(make("span", { ariaHidden: "true", textContent: chosen === answer ? "✓" : "✗" }));
  }
  const verdict = right ? words.quiz.right : fillIn(words.quiz.wrong, { answer });
  const links = make("p", { className: "links" }, make("a", { className: "whole-text", href: proof.link, target: "_blank", textContent: fillIn(words.quiz.article, proof) }));
  told.append(
    make("p", { className: right ? "verdict right" : "verdict wrong", textContent: verdict }),
    make("blockquote", { ariaLabel: words.quiz.proof, textContent: proof.sentence }),
    links,
    make("p", { className: "source-label", textContent: words.quiz.source + proof.source }),
    make("p", { className: "source-label", textContent: fillIn(words.quiz.again, { when: fromNow(due) }) }),
  );
}

function nextStep(body, era, { run }) {
  const steps = make("div", { className: "steps" }, actionButton(words.quiz.next, "quiz-next primary", () => showQuestion(body, era)));
  if (run) steps.append(actionButton(words.quiz.watch, "chip run", () => runLab(run.lab, run.arguments)));
  return steps;
}

views.quiz = async (body, era) => (era ? showQuestion(body, era) : showEras(body));

// 1 to 4 choose, wherever the focus is in the question.
document.addEventListener("keydown", (event) => {
  if (!/^[1-4]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if ($("#view").dataset.view !== "quiz" || !$("#view").open || $("#document").open || event.target.matches("input, textarea")) return;
  $(`#view .choice:nth-child(${event.key}):enabled`)?.click();
});

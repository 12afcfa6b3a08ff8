// Views over the conversation, each drawn into the same dialog when it is opened: views[name](body, at). Shares its scope
// with page.js. Texts go in as text, never as HTML.
const views = {};

function make(tag, given = {}, ...children) {
  const node = Object.assign(document.createElement(tag), given);
  node.append(...children);
  return node;
}

// What the server has to show, in the page's language.
async function data(path, asked = {}) {
  return (await call("GET", `${path}?${new URLSearchParams({ lang: words.lang, ...asked })}`)).json();
}

// The learner's secret was drawn by the page (tutor/ui/app.py) and travels in a header, which no other site can send.
async function call(method, path, sent) {
  const headers = { "content-type": "application/json", "x-learner": localStorage.learner };
  const answer = await fetch(path, { method, headers, body: sent && JSON.stringify(sent) });
  if (answer.status === 401) location.reload(); // no longer signed in
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

const post = async (path, sent) => (await call("POST", path, sent)).json();

// What goes wrong behind a button is said where the button is.
function actionButton(text, className, act) {
  const button = make("button", { type: "button", className, textContent: text });
  button.addEventListener("click", async () => {
    try {
      await act();
    } catch (error) {
      console.error(error);
      button.after(make("p", { className: "error", role: "alert", textContent: words.view_failed }));
    }
  });
  return button;
}

async function openView(name, at) {
  const dialog = $("#view");
  const body = make("div");
  dialog.dataset.view = name;
  $("h2", dialog).textContent = dialog.ariaLabel = words.views[name];
  $("div", dialog).replaceWith(body);
  if (dialog.open) $(".close-dialog", dialog).focus(); // what had it is gone
  else dialog.showModal();
  try {
    await views[name](body, at);
  } catch (error) {
    console.error(error);
    body.append(make("p", { className: "error", role: "alert", textContent: words.view_failed }));
  }
}

document.addEventListener("click", (event) => {
  if (event.target.id === "view") event.target.close(); // the backdrop
  const opener = event.target.closest?.("[data-view]:not(dialog)");
  if (opener) openView(opener.dataset.view, opener.dataset.at);
});

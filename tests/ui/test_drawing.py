"""When pictures are drawn: not while the learner types, a quarter of the time at most, and always to the end."""

from itertools import pairwise

import pytest
from chromium import answered, ask, opened, serving
from playwright.sync_api import expect
from scripted import ScriptedTutor

pytestmark = [pytest.mark.slow, pytest.mark.browser]
DEMO = "Show me XOR"

# Notes every drawing: by which function of Plotly's, from when till when. Who types on presses one key, after which
# the page's clock stands still: however busy the machine, the keys never rest.
DRAWS = """
    Object.assign(window, { draws: [], slow: 0 });
    let library;
    const noted = (name, drawn) => async (...given) => {
        const draw = { name, from: performance.now() };
        draws.push(draw);
        await drawn(...given);
        await new Promise((later) => setTimeout(later, slow));
        draw.till = performance.now();
    };
    Object.defineProperty(window, "Plotly", {
        get: () => library,
        set: ({ react, update, ...rest }) =>
            (library = { ...rest, react: noted("react", react), update: noted("update", update) }),
    });
    window.typeOn = () => {
        const now = performance.now();
        performance.now = () => now;
        document.querySelector("#question textarea").dispatchEvent(new InputEvent("beforeinput", { bubbles: true }));
    };
    window.rest = () => delete performance.now;
"""
# Types on from the first moment of a run that plays, and tells which one that is.
TYPE_ON = """() => new Promise((tell) => {
    const watch = setInterval(() => {
        const slider = document.querySelector(".moments");
        if (!slider || slider.value === slider.max) return;
        clearInterval(watch);
        typeOn();
        tell(slider.value);
    });
})"""
SHOWN = "JSON.stringify(document.querySelector('.figure').data.slice(0, 2).map(({ z }) => z))"
END = "JSON.stringify(document.querySelector('.figure').figure.frames[39].data.map(({ z }) => z))"


@pytest.fixture(scope="module")
def url(browser):
    with serving(ScriptedTutor(pause=0.02)) as url:
        yield url


@pytest.fixture
def moving(browser, url):
    """A page whose pictures move; whatever is drawn is noted."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.add_init_script(DRAWS)
    yield opened(context, url)
    context.close()


def test_nothing_is_drawn_while_the_learner_types_and_all_of_it_afterwards(moving):
    moving.evaluate("typeOn()")
    ask(moving, DEMO)
    answered(moving)
    expect(moving.locator(".figure")).to_have_count(3)
    moving.wait_for_timeout(600)
    assert moving.evaluate("draws") == []
    moving.evaluate("rest()")
    for figure in moving.locator(".figure").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".plot-container")).to_be_attached(timeout=90_000)
    assert [draw["name"] for draw in moving.evaluate("draws")].count("react") == 3


def test_a_run_that_plays_waits_while_the_learner_types(moving):
    ask(moving, DEMO)
    moment = moving.evaluate(TYPE_ON)
    moving.wait_for_timeout(600)
    expect(moving.locator(".moments")).to_have_js_property("value", moment)
    moving.evaluate("rest()")
    expect(moving.locator(".moments")).to_have_js_property("value", "39", timeout=90_000)
    moving.wait_for_function(f"{SHOWN} === {END}")


def test_a_run_plays_only_in_sight(moving):
    ask(moving, DEMO)
    moment = moving.evaluate(TYPE_ON)
    answered(moving)  # from then on no more text comes that the page would scroll to
    moving.evaluate("document.querySelector('.turn').style.marginTop = '3000px'")
    moving.wait_for_function("document.querySelector('.figure').inSight === false")
    moving.evaluate("rest()")
    moving.wait_for_timeout(900)
    expect(moving.locator(".moments")).to_have_js_property("value", moment)
    moving.locator(".figure").first.scroll_into_view_if_needed()
    expect(moving.locator(".moments")).to_have_js_property("value", "39", timeout=90_000)


def test_drawing_a_run_takes_a_quarter_of_the_time_at_most(moving):
    ask(moving, DEMO)
    moving.wait_for_function("draws.some(({ name, till }) => name === 'update' && till)", timeout=90_000)
    moving.evaluate("slow = 150")
    expect(moving.locator(".moments")).to_have_js_property("value", "39", timeout=90_000)
    moving.wait_for_function(f"{SHOWN} === {END} && draws.every(({{ till }}) => till)")
    updates = [draw for draw in moving.evaluate("draws") if draw["name"] == "update"]
    assert 2 <= len(updates) < 39  # moments that came too soon were passed over
    for one, following in pairwise(updates):  # a timer counts whole milliseconds
        assert following["from"] - one["till"] > 3 * (one["till"] - one["from"]) - 5

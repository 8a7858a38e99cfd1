"""Everybody can use it: no known fault of accessibility on any page, in any state, by day and by night."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from accounts import actions as accounts
from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention, Stop
from interventions.tests.asking import ask, expire, held, out_of_time, unit_of
from work.models import Priority

PageOf = Callable[..., Page]

SETTLED = "html:not(:has(body [data-line])), html[data-line=live]"  # a page that has a line: once the line is up
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCHEMES = ("light", "dark")
WIDTHS = (1440, 768, 375)
NO_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}

# What the style sheet draws in a row with masks and gradients: whether it differs from the ground.
DRAWN_IN_ROWS = """(rows) => Object.fromEntries([".prio", ".row__acts button", ".due"].map((name) => {
  const drawn = getComputedStyle(rows.querySelector(`.row ${name}`), "::before");
  const ground = getComputedStyle(document.documentElement).backgroundColor;
  return [name, name === ".due" ? drawn.forcedColorAdjust === "none" : drawn.backgroundColor !== ground];
}))"""

# The innermost that sticks out of the screen, to name the culprit.
WIDEST = """[...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1
  && !one.closest(".scroll-x") && one.checkVisibility()).at(-1)?.outerHTML.slice(0, 160)"""

SCHEMA = {
    "type": "object",
    "properties": {
        "fragile": {"type": "boolean"},
        "carrier": {"enum": ["Post", "Courier"]},
        "note": {"type": "string"},
    },
    "required": ["fragile"],
}


@pytest.fixture
def shift(ada: Membership, bo: Membership, max: Membership, sys: Membership) -> list[Intervention]:
    """One of every kind, in every state that a pilot meets."""

    def raised(title: str, **more: object) -> Intervention:
        question = Question(kind=more.pop("kind", "approval"), title=title, description="**Why** it is asked.", **more)
        return actions.raise_intervention(question, actor=sys)

    plain = raised(
        "Deploy 4.18.2", priority=Priority.CRITICAL, required_approvals=2, proposed={"canary": 100, "to": ["eu"]}
    )
    actions.approve(plain.pk, reason="Rehearsed.", actor=bo)
    claimed = raised("Refund 65", context={"order": {"id": 7}}, priority=Priority.HIGH, tags=["eu", "shop"])
    actions.claim(claimed.pk, actor=bo)
    asked_back = raised("Loan 204", priority=Priority.LOW)
    actions.clarify(asked_back.pk, message="Which bank?", actor=ada)
    answered = raised("Shipment 7741", kind="clarification", answer_schema=SCHEMA)
    waiver = raised("A change in the freeze", kind="waiver")
    stalled = held(sys, "resume", title="Nightly import")
    editable = ask(sys, title="Scale the shop", proposed={"count": 3, "zone": "eu"}, edits_allowed=True)
    undoable = ask(sys, title="Pay 40 back", undo_seconds=60)
    actions.approve(undoable.pk, reason="", actor=ada)
    return [plain, claimed, asked_back, answered, waiver, stalled, editable, undoable, *settled(raised, ada, bo)]


def settled(raised: Callable[..., Intervention], ada: Membership, bo: Membership) -> Iterator[Intervention]:
    """How it can have ended."""
    rejected = raised("Roll back 2.9.4")
    actions.reject(rejected.pk, reason="Not in a freeze.", actor=bo)
    yield rejected
    told = raised("Which lane?", kind="clarification")
    actions.answer(told.pk, answer="The left one.", actor=ada)
    yield told
    expired = out_of_time(raised("Nobody looked"))
    expire(expired)
    yield expired


@pytest.fixture
def stop(max: Membership, sys: Membership) -> Stop:
    unit_of(sys)
    return actions.stop_work(scope="organization", reason="The region is on fire.", actor=max)


def faults(page: Page, rules: dict[str, object] = WCAG) -> list[str]:
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def faults_of(page: Page) -> list[str]:
    """Of what is loaded, on a desk by day and by night, and on a phone. By night only the colours are others."""
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    found += [f"by night, {said}" for said in faults(page, CONTRAST)]
    page.set_viewport_size({"width": 375, "height": 812})
    found += [f"on a phone by night, {said}" for said in faults(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    return found


def faults_at(
    page: Page, addresses: list[str], ready: str = SETTLED, check: Callable[[Page], list[str]] = faults_of
) -> dict[str, list[str]]:
    """The faults of each page that has any."""
    found = {}
    for address in addresses:
        page.goto(address)
        page.wait_for_selector(ready)
        found[address] = check(page)
    return {address: said for address, said in found.items() if said}


def open_page(page_of: PageOf, member: Membership | None, address: str, **options: object) -> Page:
    page = page_of(member, reduced_motion="reduce", **options)
    page.goto(address)
    page.wait_for_selector(SETTLED)
    return page


def pages_of(shift: list[Intervention]) -> list[str]:
    """All that a pilot can open, but the questions."""
    names = ["queue", "history", "ledger", "units", "metrics", "stops"]
    unit = shift[5].unit
    assert unit is not None
    return [
        *(reverse(f"interventions:{name}") for name in names),
        *("/?search=zebra", "/history?search=zebra", "/units?search=zebra", "/ledger?who=zebra"),
        *(f"/ledger/{Entry.objects.latest('pk').pk}", f"/units/{unit.pk}"),
        *(reverse(f"accounts:{name}") for name in ("profile", "settings")),
        *("/accounts/logout/", "/accounts/password/change/", "/api/docs"),
    ]


def test_no_page_of_an_operator_has_a_fault(page_of, ada, shift):
    page = page_of(ada, reduced_motion="reduce")

    assert faults_at(page, pages_of(shift)) == {}


def test_no_question_has_a_fault(page_of, ada, shift):
    page = page_of(ada, reduced_motion="reduce")

    assert faults_at(page, [f"/interventions/{question.pk}" for question in shift]) == {}


def test_no_page_of_an_admin_has_a_fault_while_work_is_stopped(page_of, max, shift, stop):
    page = page_of(max, reduced_motion="reduce")
    addresses = ["/", "/stops", "/stops/new", f"/stops/{stop.pk}", "/settings/organization"]

    assert faults_at(page, [*addresses, f"/interventions/{shift[4].pk}"]) == {}


def test_no_page_of_members_and_of_the_installation_has_a_fault(page_of, max, ada, root, organization):
    accounts.invite("Viewer", actor=max, email="eve@example.org")
    _invitation, secret = accounts.invite("Operator", actor=max)
    member = page_of(max, reduced_motion="reduce")
    assert faults_at(member, ["/members", f"/members/{ada.pk}", "/organization/leaving"]) == {}
    assert faults_at(page_of(None, reduced_motion="reduce"), [f"/invitations/{secret}"], "body") == {}

    root.set_unusable_password()  # nothing to prove again
    root.save()
    visitor = page_of(accounts.enter(organization.pk, pilot=root, role="Viewer", reason="Help."))
    places = ["/organizations", "/organizations/new", f"/organizations/{organization.pk}/visit", "/pilots"]
    assert faults_at(visitor, [*places, f"/pilots/{ada.pilot_id}/deactivation"]) == {}


def test_no_page_before_the_door_has_a_fault(page_of, db):
    page = page_of(None, reduced_motion="reduce")
    addresses = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
    addresses += ["/accounts/password/reset/key/1-gone/", "/accounts/inactive/", "/accounts/signup/", "/offline"]

    assert faults_at(page, addresses, "body") == {}
    page.goto("/accounts/login/")
    page.get_by_role("textbox").first.fill("nobody")
    page.locator("input[type=password]").fill("wrong, and long enough")
    page.locator("form button").first.click()
    page.wait_for_selector("[aria-invalid=true]")
    assert faults_of(page) == []


def draw(route: Route) -> None:
    template = route.request.url.rsplit("/", 1)[-1]
    route.fulfill(body=render_to_string(template), content_type="text/html")


def test_no_page_that_says_no_has_a_fault(page_of, vi):
    """Those of Django are drawn here as it draws them: nothing in the site fails on demand."""
    page = page_of(vi, reduced_motion="reduce")
    page.route("**/4*.html", draw)
    page.route("**/500.html", draw)
    drawn = faults_at(page, ["/400.html", "/403_csrf.html", "/429.html", "/500.html"])
    answered = faults_at(page, ["/nowhere", "/settings/organization"])
    page.complaints[:] = [said for said in page.complaints if "status of 40" not in said]

    assert (drawn, answered) == ({}, {})


def test_nothing_that_opens_has_a_fault(page_of, ada, shift):
    page = open_page(page_of, ada, f"/interventions/{shift[6].pk}")
    found = {}
    for opener in page.locator("[commandfor], [popovertarget]").all():
        target = opener.get_attribute("commandfor") or opener.get_attribute("popovertarget")
        if opener.get_attribute("command") == "close" or not opener.is_visible() or target in found:
            continue
        opener.click()
        expect(page.locator(f"#{target}")).to_be_visible()
        found[target] = faults(page)
        page.keyboard.press("Escape")
        expect(page.locator(f"#{target}")).to_be_hidden()

    assert len(found) >= 3
    assert {target: said for target, said in found.items() if said} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_queue_at_work_has_no_fault(page_of, ada, shift, scheme, width):
    """With the pane open and rows selected."""
    page = open_page(page_of, ada, "/", width=width, color_scheme=scheme)
    page.keyboard.press("j")
    page.keyboard.press("j")
    if width >= 1280:
        expect(page.locator("#pane")).to_be_visible()
    assert faults(page) == []

    page.locator(".row input[type=checkbox]").first.check()
    assert faults(page) == []


def test_what_is_empty_has_no_fault(page_of, max):
    page = page_of(max, reduced_motion="reduce")

    assert faults_at(page, ["/", "/history", "/units", "/ledger", "/insights", "/stops"], check=faults) == {}


def test_several_at_once_have_no_fault(page_of, ada, shift):
    """What will happen, and what became of each."""
    page = open_page(page_of, ada, "/")
    for box in page.locator(".row:not([data-priority=critical]) > input[type=checkbox]").all()[:3]:
        box.check()
    page.get_by_role("button", name="Reject…").click()
    dialog = page.locator("#bulk-dialog")
    expect(dialog.get_by_label("Reason")).to_be_visible()
    assert faults(page) == []

    dialog.get_by_label("Reason").fill("Not in a freeze.")
    dialog.get_by_role("button", name="Reject").last.click()
    expect(dialog.get_by_role("heading", name="done")).to_be_visible()
    assert faults(page) == []


def test_without_a_line_or_a_session_nothing_has_a_fault(page_of, ada, shift):
    """The stale queue with its banner, the page of no line at all, and the dialog that asks to sign in again."""
    page = open_page(page_of, ada, "/")
    page.context.set_offline(True)
    expect(page.locator("#line-down")).to_be_visible()
    assert faults_of(page) == []
    page.context.set_offline(False)
    expect(page.locator("html")).to_have_attribute("data-line", "live")

    page.locator("#signed-out").evaluate("dialog => dialog.showModal()")
    assert faults_of(page) == []
    page.complaints.clear()


def test_who_takes_over_is_asked_without_a_fault(page_of, ada, shift):
    page = open_page(page_of, ada, f"/interventions/{shift[6].pk}")
    page.get_by_role("link", name="Assign…").click()
    expect(page.get_by_role("dialog", name="Assign the question")).to_be_visible()

    assert faults_of(page) == []


def test_with_forced_colours_nothing_is_lost(page_of, ada, shift):
    """The colours are the reader's own then, while axe reckons with ours: what has to hold is that all is drawn."""
    page = page_of(ada, forced_colors="active", reduced_motion="reduce")
    addresses = ["/", f"/interventions/{shift[0].pk}", "/insights", "/settings"]

    assert faults_at(page, addresses, check=lambda it: faults(it, WCAG | NO_CONTRAST)) == {}
    page.goto("/")
    page.wait_for_selector(SETTLED)
    drawn = page.locator("#rows").evaluate(DRAWN_IN_ROWS)
    assert list(drawn.values()) == [True, True, True], drawn


def test_no_page_has_a_fault_in_german(page_of, ada, shift):
    page = page_of(ada, locale="de-DE", reduced_motion="reduce")

    assert faults_at(page, ["/", f"/interventions/{shift[0].pk}", "/insights", "/settings"]) == {}
    expect(page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize("language", ["en-GB", "de-DE", "fr-FR", "es-ES"])
def test_yes_and_no_are_twins_in_every_language(page_of, ada, sys, language):
    """Of one size and within their column, however long the words are; the tab bar of a phone keeps to one line."""
    page = open_page(page_of, ada, f"/interventions/{ask(sys).pk}", locale=language)
    panel = page.locator(".aside .panel").first.bounding_box()
    yes, no = (button.bounding_box() for button in page.locator("#question .wide-only .btns--twin .btn").all())
    assert (yes["width"], yes["height"]) == (no["width"], no["height"])
    assert no["x"] + no["width"] < panel["x"] + panel["width"]

    page.set_viewport_size({"width": 375, "height": 812})
    page.goto("/")
    tabs = [tab.bounding_box() for tab in page.locator(".tabbar > *").all()]
    assert len({tab["height"] for tab in tabs}) == 1
    assert tabs[-1]["x"] + tabs[-1]["width"] <= 375
    assert tabs[0]["height"] < 56


@pytest.mark.parametrize("language", ["en-GB", "de-DE", "fr-FR", "es-ES"])
def test_nothing_is_wider_than_the_screen(page_of, ada, shift, language):
    """640 is a desk at 200 %: everything stays there, and nothing has to be scrolled sideways."""
    page = page_of(ada, locale=language)
    wide = []
    for address in [*pages_of(shift), *(f"/interventions/{question.pk}" for question in shift[:5])]:
        page.goto(address)
        for width in (1440, 768, 640, 375, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append(f"{address} at {width}: {page.evaluate(WIDEST)}")

    assert wide == []

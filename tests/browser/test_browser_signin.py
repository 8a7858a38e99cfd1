"""A person signs in through GitHub in a real browser, whose policies have a word in it."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts import actions as accounts
from accounts.models import Membership, Organization, Pilot, ProviderToken
from accounts.queries import system_of
from conftest import member
from interventions.tests.asking import ask
from tests.browser.conftest import Site, _wait_for_its_sessions
from tests.signin.journey import ADA
from tests.signin.standin import GitHub

PageOf = Callable[..., Page]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def github() -> Iterator[GitHub]:
    with GitHub(person=ADA, expires_in=28_800) as standin:
        yield standin


@pytest.fixture(scope="module")
def _github_site(django_db_setup: None, github: GitHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose environment names a GitHub, and nothing else about it."""
    site = Site(
        tmp_path_factory.mktemp("site") / "server.log",
        GITHUB_CLIENT_ID=github.client_id,
        GITHUB_CLIENT_SECRET=github.secret,
        GITHUB_URL=github.url,
    )
    github.callback = f"{site.url}/accounts/github/login/callback/"
    yield site
    site.stop()
    _wait_for_its_sessions()


@pytest.fixture
def site(_github_site: Site, transactional_db: None) -> Site:
    _github_site.start()
    return _github_site


@pytest.fixture
def default(site: Site) -> Organization:
    return accounts.create_organization("default", "Default")


@pytest.fixture
def machine(default: Organization) -> Membership:
    return member(default, "ci-runner", "Operator", name="CI runner", kind="system")


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Continue with GitHub").click()


def test_one_click_leads_there_and_back_in(default: Organization, github: GitHub, page_of: PageOf) -> None:
    page = page_of(None)
    page.goto("/units")
    sign_in(page)

    page.wait_for_url("**/units")
    expect(page.get_by_role("button", name="Ada Nyström, Operator")).to_be_visible()
    assert github.complaints == []


def test_when_the_provider_ends_it_one_signs_in_in_place_and_no_word_is_lost(
    default: Organization, machine: Membership, site: Site, page_of: PageOf
) -> None:
    page = page_of(None)
    page.goto("/accounts/login/")
    sign_in(page)
    page.wait_for_url(f"{site.url}/")
    page.goto(reverse("interventions:detail", args=[ask(machine).pk]))
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    page.get_by_role("textbox", name="Reason").fill("Half a thought that must not be lost")

    token = ProviderToken.objects.get(identity__pilot=Pilot.objects.get(public_id="github:octocat"))
    accounts.refuse_renewal(token.pk, token.version, actor=system_of(default.pk))

    dialog = page.get_by_role("dialog", name="Sign in again to go on")
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    sign_in(opened.value)
    opened.value.wait_for_url(f"{site.url}/")
    dialog.get_by_role("button", name="I have signed in").click()

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Half a thought that must not be lost")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 375])
def test_its_pages_have_no_known_fault_of_access(
    default: Organization, site: Site, page_of: PageOf, scheme: str, width: int
) -> None:
    page = page_of(None, width=width, color_scheme=scheme)
    faults = {}
    for path in ("/accounts/login/", "/profile", "/profile/proof/elsewhere"):
        page.goto(path)
        found = Axe().run(page, options=WCAG)
        faults[path] = [fault["id"] for fault in found.response["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if path == "/accounts/login/":
            sign_in(page)
            page.wait_for_url(f"{site.url}/")

    assert not any(faults.values()), faults

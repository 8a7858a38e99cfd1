"""The demo: only where nobody works, marked on every page, and alive for as long as the server runs."""

import re
import time
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import DEMO, Membership, Organization
from accounts.queries import pilot_named, system_of
from audit.models import Entry
from chameleon.management.demo import past
from chameleon.management.demo.content import MIX, a_doubt, anything
from chameleon.management.demo.stream import Stream
from interventions import actions
from interventions.models import Comment, Decision, Intervention, Status
from interventions.tests.asking import ask, fresh
from tests.launching import Launch, free_port
from work.models import Unit

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _short_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the questions is enough to look at."""
    monkeypatch.setattr(past, "ASKED", 220)


@pytest.fixture
def demo(db: None, capsys: pytest.CaptureFixture[str]) -> Organization:
    call_command("demo")
    return Organization.objects.get(slug=DEMO)


@pytest.fixture
def visitor(demo: Organization) -> Membership:
    return Membership.objects.acting().get(pilot__username="demo")


def test_it_makes_an_organization_of_its_own_with_a_day_behind_it(demo):
    now = timezone.now()
    questions = Intervention.objects.filter(organization=demo)

    assert demo.is_demo
    assert 8 <= questions.open().count() <= 20
    assert questions.settled().count() > 50
    assert not questions.filter(created_at__gt=now).exists()
    assert not questions.filter(settled_at__gt=now + timedelta(seconds=1)).exists()
    assert questions.earliest("created_at").created_at > now - timedelta(hours=25)
    assert Decision.objects.filter(intervention__organization=demo).count() == questions.settled().count()
    assert not Unit.objects.exclude(organization=demo).exists()


def test_its_ledger_tells_the_day_in_order(demo):
    lines = Entry.objects.filter(organization=demo, verb__in=["intervention.raised", "intervention.decided"])
    times = list(lines.order_by("id").values_list("at", flat=True))

    assert times == sorted(times)
    assert len(times) > 100


def test_a_second_start_leaves_it_as_it_is(demo, capsys):
    before = Unit.objects.count(), Entry.objects.count(), Membership.objects.count()
    call_command("demo")

    assert (Unit.objects.count(), Entry.objects.count(), Membership.objects.count()) == before


def test_a_new_password_is_shown_on_demand(demo, capsys):
    call_command("demo", "--new-password", "--json")

    assert re.search(r'"password": "[a-z]{5}(-[a-z]{5}){3}"', capsys.readouterr().out)


def test_it_stays_out_of_a_database_in_which_somebody_works(ada):
    ask(ada)

    with pytest.raises(CommandError, match="holds somebody's work"):
        call_command("demo")
    assert not Organization.objects.filter(slug=DEMO).exists()


def test_an_organization_that_only_was_set_up_is_nobodys_work(organization, capsys):
    call_command("demo")

    assert Organization.objects.filter(slug=DEMO).exists()


def test_only_the_visitor_can_sign_in(demo):
    usable = [pilot.username for pilot in _pilots(demo) if pilot.has_usable_password()]

    assert usable == ["demo"]


def _pilots(demo: Organization):
    return [member.pilot for member in Membership.objects.filter(organization=demo).select_related("pilot")]


def test_every_page_of_it_says_that_it_is_invented_and_no_other_does(client_of, visitor, ada):
    assert "Demo data." in client_of(visitor).get("/").text
    assert "Demo data." in client_of(visitor).get("/insights").text
    assert "Demo data." not in client_of(ada).get("/").text


def test_the_stream_plays_every_part_and_keeps_the_queue_in_bounds(demo):
    stream = Stream(Random(4))
    Intervention.objects.open().update(created_at=timezone.now() - timedelta(minutes=5))
    before = Unit.objects.count()
    for _ in range(60):
        stream.turn()

    assert Unit.objects.count() > before
    assert 5 <= Intervention.objects.filter(organization=demo).open().count() <= 30


@pytest.mark.parametrize("part", ["ask", "settle", "claim", "ask_back", "remark", "wait", "finish"])
def test_each_part_can_be_played(demo, part):
    Intervention.objects.open().update(created_at=timezone.now() - timedelta(minutes=5))
    Unit.objects.filter(status="active").update(updated_at=timezone.now() - timedelta(minutes=5))

    getattr(Stream(Random(4)), part)()


def test_who_was_asked_back_replies(demo):
    stream = Stream(Random(4))
    stream.ask_back()
    asked = Intervention.objects.get(organization=demo, status=Status.AWAITING_REQUESTER)
    stream.reply()

    asked.refresh_from_db()
    assert asked.status != Status.AWAITING_REQUESTER
    assert Comment.objects.filter(intervention=asked, kind="reply").exists()


def test_nobody_touches_what_the_visitor_has_in_hand(demo, visitor):
    stream = Stream(Random(4))
    mine = Intervention.objects.filter(organization=demo, status=Status.PENDING).earliest("created_at")
    actions.claim(mine.pk, actor=visitor)

    assert mine.pk not in set(stream._theirs().values_list("pk", flat=True))


def test_a_holder_who_has_voted_leaves_the_next_vote_to_another(demo):
    stream = Stream(Random(4))
    holder = stream.pilots[0]
    payout = ask(stream.programs["kestrel"], required_approvals=2)
    actions.claim(payout.pk, actor=holder)
    assert stream._hand_of(fresh(payout)) == holder

    actions.approve(payout.pk, actor=holder)
    assert stream._hand_of(fresh(payout)) != holder


def test_what_is_asked_is_varied_and_fits_its_gate():
    dice = Random(1)
    asked = [anything(dice, number) for number in range(200)]

    assert {one.unit["gate"] for one in asked} == {"deployment", "agent-action", "refund", "loan-approval", "payout"}
    assert len({one.unit["title"] for one in asked}) > 120
    assert len(MIX) == 5
    assert a_doubt(dice)["kind"] == "clarification"


def test_only_the_demo_writes_a_past():
    callers = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if ".venv" not in path.parts and "tests" not in path.parts and "record_past" in path.read_text()
    ]

    assert sorted(callers) == ["audit/actions.py", "chameleon/management/demo/past.py"]


def test_the_system_of_the_demo_signs_what_time_decided(demo):
    expired = Decision.objects.filter(intervention__organization=demo, verdict="expired")

    assert expired.exists()
    assert set(expired.values_list("by", flat=True)) == {system_of(demo.pk).pk}
    assert pilot_named("demo-ingrid") is not None


def test_up_with_demo_serves_a_queue_that_moves_and_stops_with_the_server(open_folder):
    launch = Launch(open_folder(), free_port(), "--demo")
    password = re.search(r"password +(\S+)", launch.said)
    with httpx.Client(base_url=launch.url, timeout=20) as browser:
        sign_in(browser, "demo", password[1])
        first = told_by(browser)
        until = time.monotonic() + 60
        while told_by(browser) == first and time.monotonic() < until:
            time.sleep(1)

        assert told_by(browser) != first
    assert "Everything in it is invented" in launch.said
    assert launch.end() == 0
    assert "Traceback" not in launch.said


def sign_in(browser: httpx.Client, username: str, password: str) -> None:
    page = browser.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    said = {"login": username, "password": password, "csrfmiddlewaretoken": token[1]}
    assert browser.post("/accounts/login/", data=said).status_code == 302


def told_by(browser: httpx.Client) -> list[object]:
    """The last lines of the ledger, but for what the visitor did."""
    results = browser.get("/api/audit").json()["results"]
    return [line["id"] for line in results if line["verb"].startswith(("unit.", "intervention."))]

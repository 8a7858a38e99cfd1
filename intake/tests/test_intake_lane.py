"""Programs at the door, over a real socket: what they send, and what they are told."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import ApiKey, Membership
from audit.models import Entry
from intake.tests.conftest import NOT_OURS
from intake.tests.doors import open_gate, post
from interventions.models import Intervention
from work.models import Unit

NOBODYS = "01a1fc4c-ef8d-4dfd-8445-6cf376282f81"  # the same in every process: cases are named for it

LOAN = {"gate": "loans", "external_id": "loan-1", "title": "Loan 7", "attributes": {"n": 1}}


@pytest.fixture
def gate(transactional_db, sys):
    return open_gate(sys, "loans", "unit.attributes.n == 1")


@pytest.fixture
def program(gate, sys, key_of, connect):
    """The machine that submits work."""
    return connect(key_of(sys, "submit", "read"))


def problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert (document["status"], bool(document["detail"]), bool(document["title"])) == (status, True, True)
    return document


def fields(answer):
    return [error["field"] for error in problem(answer, 422)["errors"]]


def test_a_unit_is_made_found_again_and_not_overwritten(program):
    made = program.post("/api/units", json=LOAN)
    again = program.post("/api/units/", json=LOAN)
    other = program.post("/api/units", json=LOAN | {"title": "Loan 8"})

    assert (made.status_code, made.headers["content-type"]) == (201, "application/json")
    assert made.json()["verdict"]["outcome"] == "passed"
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert problem(other, 409)["id"] == made.json()["id"]
    assert Unit.objects.count() == 1


def test_a_held_unit_says_where_its_question_is(program, settings):
    told = program.post("/api/units", json=LOAN | {"attributes": {"n": 2}}).json()
    question = Intervention.objects.get()

    assert told["status"] == "awaiting_pilot"
    assert told["intervention"] == {
        "id": str(question.pk),
        "status": "pending",
        "url": f"{settings.BASE_URL}/interventions/{question.pk}",
    }


def test_the_ledger_says_who_came_and_from_where(program, sys):
    program.post("/api/units", json=LOAN)
    line = Entry.objects.latest("pk")

    assert (line.actor, line.actor_role, line.came_from) == (sys, "Operator", "127.0.0.1")


def test_a_key_submits_for_its_platform(gate, sys, max, connect):
    platform = accounts.create_platform("ci", "CI", actor=max)
    _key, text = accounts.create_key(sys, name="CI", scopes=["submit"], actor=max, platform=platform)
    connect(text).post("/api/units", json=LOAN)

    assert Unit.objects.get().platform == platform


@pytest.mark.parametrize("header", ["Bearer", "Bearer chm_nosuchkey", "Basic YTpi", "Token x", "Bearer \xff\xfe"])
def test_who_is_nobody_is_told_so(gate, connect, header):
    answer = connect(None).post("/api/units", json=LOAN, headers={"Authorization": header.encode("latin-1")})

    assert problem(answer, 401)["detail"] == "This key or token is not known, has expired or was revoked."
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert not Unit.objects.exists()


def test_an_expired_key_is_nobodys(gate, sys, key_of, connect):
    program = connect(key_of(sys, "submit"))
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    problem(program.post("/api/units", json=LOAN), 401)


@pytest.mark.parametrize("path, body", [("/api/units", LOAN), ("/api/units/batch", [LOAN])])
@pytest.mark.parametrize("person, scopes", [("sys", ("read",)), ("sys", ("decide",)), ("vi", ("submit", "read"))])
def test_who_may_not_submit_is_told_so(request, gate, key_of, connect, person, scopes, path, body):
    program = connect(key_of(request.getfixturevalue(person), *scopes))

    assert "may not submit" in problem(program.post(path, json=body), 403)["detail"]
    assert not Unit.objects.exists()


def test_a_stranger_finds_neither_gate_nor_unit_nor_question(program, cy, key_of, connect):
    held = program.post("/api/units", json=LOAN | {"attributes": {"n": 2}}).json()
    stranger = connect(key_of(cy))

    assert fields(stranger.post("/api/units", json=LOAN)) == ["gate"]
    assert fields(stranger.post("/api/units", json=LOAN | {"parent": held["id"]})) == ["gate"]
    problem(stranger.get(f"/api/units/{held['id']}"), 404)
    problem(stranger.get(f"/api/interventions/{held['intervention']['id']}"), 404)
    problem(stranger.get(f"/api/units/{held['id']}?wait=5"), 404)


@pytest.mark.parametrize("kind", ["units", "interventions"])
@pytest.mark.parametrize("key", [NOBODYS, NOBODYS.replace("-", ""), "-" * 36, "0" * 33])
def test_what_is_not_there_is_said_not_to_be(program, kind, key):
    problem(program.get(f"/api/{kind}/{key}"), 404)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[" * 200_000, b'{"a":' * 100_000, b"NaN"],
    ids=["none", "half", "bytes", "deep", "deeper", "NaN"],
)
def test_what_is_no_json_is_told_so(program, body):
    answer = program.post("/api/units", content=body, headers={"Content-Type": "application/json"})

    assert problem(answer, answer.status_code)["status"] in {400, 422}


@pytest.mark.parametrize(
    "change, field",
    [
        ({"gate": "nowhere"}, "gate"),
        ({"gate": "a\x00b"}, "gate"),
        ({"gate": "ü"}, "gate"),
        ({"title": "a\x00b"}, "title"),
        ({"title": 7}, "title"),
        ({"external_id": "a\x00b"}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"attributes": [1]}, "attributes"),
        ({"attributes": {"a": "\x00"}}, "attributes"),
        ({"attributes": {"n": 2**60}}, "attributes"),
        ({"attributes": {"a": "x" * 300_000}}, "attributes"),
        ({"parent": NOBODYS}, "parent"),
        ({"callback_url": "ftp://example.com"}, "callback_url"),
        ({"colour": "red"}, "colour"),
        ({"dialect": {}}, "dialect"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_is_wrong_with_a_unit_is_named(program, change, field):
    assert fields(program.post("/api/units", json=LOAN | change)) == [field]
    assert not Unit.objects.exists()


def test_one_that_is_wrong_does_not_spoil_those_that_come_with_it(program):
    wrong = [{"gate": "a\x00b"}, {"title": "\x00"}, {"attributes": {"n": 2**60}}, {"gate": "nowhere"}]

    def send(n):
        change = wrong[n % 8] if n % 8 < len(wrong) else {}
        return program.post("/api/units", json=LOAN | {"external_id": f"loan-{n}"} | change).status_code

    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(send, range(64)))
    assert told == [422 if n % 8 < len(wrong) else 201 for n in range(64)]
    assert Unit.objects.count() == 32


def test_a_body_that_is_too_large_is_not_read(program):
    answer = program.post("/api/units", content=b" " * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})

    problem(answer, 413)


def test_a_body_that_says_it_is_something_else_is_not_read(program):
    answer = program.post(
        "/api/units", content=b"gate=loans", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    problem(answer, 415)


def test_a_body_may_name_its_charset_and_come_in_pieces(program):
    body = msgspec.json.encode(LOAN)
    answer = program.post(
        "/api/units",
        content=(bytes([byte]) for byte in body),
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )

    assert answer.status_code == 201


def test_what_was_submitted_is_read_back_in_full(program):
    made = program.post("/api/units", json=LOAN | {"proposed": {"pay": 5}, "priority": "high"}).json()
    unit = program.get(f"/api/units/{made['id']}").json()

    assert (unit["id"], unit["content_hash"]) == (made["id"], made["content_hash"])
    assert (unit["attributes"], unit["proposed"], unit["priority"]) == ({"n": 1}, {"pay": 5}, "high")
    assert (unit["resolution_source"], unit["intervention"]) == ("guardian", None)


def test_a_batch_is_answered_item_by_item(program):
    items = [LOAN | {"external_id": f"loan-{n}"} for n in range(5)]
    items[1] = items[1] | {"gate": "a\x00b"}
    items[3] = 7
    told = program.post("/api/units/batch", json=[*items, items[0], items[0] | {"title": "Other"}]).json()

    assert [item["status"] for item in told] == [201, 422, 201, 422, 201, 200, 409]
    assert told[0]["unit"]["external_id"] == "loan-0"
    assert told[1]["problem"]["errors"][0]["field"] == "gate"
    assert told[5]["unit"]["id"] == told[0]["unit"]["id"]


def test_a_thousand_come_in_one_call_and_not_one_more(program):
    items = [LOAN | {"external_id": f"loan-{n}"} for n in range(1_001)]

    problem(program.post("/api/units/batch", json=items), 422)
    assert {item["status"] for item in program.post("/api/units/batch", json=items[:1_000]).json()} == {201}
    assert Unit.objects.count() == 1_000


def test_forty_at_once_with_one_name_make_one_unit(program):
    with ThreadPoolExecutor(40) as threads:
        told = list(threads.map(lambda _: program.post("/api/units", json=LOAN), range(40)))

    assert sorted(answer.status_code for answer in told) == [200] * 39 + [201]
    assert len({answer.json()["id"] for answer in told}) == Unit.objects.count() == 1


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/api/units"),
        ("PUT", "/api/units"),
        ("POST", "/api/units/7"),
        ("DELETE", f"/api/units/{NOBODYS}"),
        ("GET", "/"),
    ],
)
def test_all_that_the_lane_does_not_know_goes_on_to_django(program, method, path):
    assert program.request(method, path).status_code == NOT_OURS


def test_a_browser_goes_on_to_django_unless_it_waits(program, ada, client_of, connect):
    """A POST of a browser needs CSRF, and that is Django's."""
    unit = program.post("/api/units", json=LOAN | {"attributes": {"n": 2}}).json()["id"]
    browser = connect(None, cookies={"sessionid": client_of(ada).session.session_key})

    assert browser.post("/api/units", json=LOAN).status_code == NOT_OURS
    assert browser.get(f"/api/units/{unit}").status_code == NOT_OURS
    assert browser.get(f"/api/units/{unit}?wait=0").json()["id"] == unit


@pytest.mark.parametrize(
    "cookie", ["", "sessionid=", "sessionid=nosuchsession", 'sessionid="\\000\\000aaaaaaaa"', "=;=", "a" * 5_000]
)
def test_a_browser_that_is_nobody_is_told_so(program, connect, cookie):
    answer = connect(None).get(f"/api/units/{uuid4()}?wait=0", headers={"Cookie": cookie})

    assert "sign in" in problem(answer, 401)["detail"]


@pytest.mark.parametrize("wait", ["-1", "61", "soon", "nan", "inf", "1e9"])
def test_how_long_to_wait_is_a_number_of_seconds(program, wait):
    unit = program.post("/api/units", json=LOAN).json()["id"]

    assert fields(program.get(f"/api/units/{unit}?wait={wait}")) == ["wait"]


def test_a_query_without_end_is_refused(program):
    assert fields(program.get(f"/api/units/{uuid4()}?" + "&".join(f"a{n}=1" for n in range(60)))) == ["query"]


def ends(call, seconds=5.0):
    """Until the key is dead: at most a second after the change, whatever the wire says."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if call() == 401:
            return True
        time.sleep(0.02)
    return False


def test_a_revoked_key_is_dead_at_once(program, max):
    assert program.post("/api/units", json=LOAN).status_code == 201
    accounts.revoke_key(ApiKey.objects.get().pk, actor=max)

    assert ends(lambda: program.post("/api/units", json=LOAN).status_code)


def test_a_member_who_leaves_submits_nothing_more(program, sys, max):
    assert program.post("/api/units", json=LOAN).status_code == 201
    accounts.end_membership(Membership.objects.get(pk=sys.pk), actor=max)

    assert ends(lambda: program.post("/api/units", json=LOAN).status_code)


def test_a_role_that_is_taken_away_takes_its_powers_along(program, sys, max):
    assert program.post("/api/units", json=LOAN).status_code == 201
    accounts.grant_role(sys.pilot, "Viewer", actor=max)
    until = time.monotonic() + 5
    while program.post("/api/units", json=LOAN).status_code != 403:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_gate_that_is_changed_judges_so_from_then_on(program, gate):
    assert program.post("/api/units", json=LOAN).json()["status"] == "active"
    post(gate, "rule-0", "false")
    until = time.monotonic() + 5
    for number in range(1_000):
        if program.post("/api/units", json=LOAN | {"external_id": f"n-{number}"}).json()["status"] == "awaiting_pilot":
            break
        assert time.monotonic() < until
        time.sleep(0.02)


def test_when_a_key_was_used_is_kept(program):
    program.post("/api/units", json=LOAN)

    assert ApiKey.objects.get().last_used_at is not None

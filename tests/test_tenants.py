"""No answer to one organization ever contains a word or an id of another, whatever is asked: fuzzed.

Every word of either organization is a mark, and every id of the second can be told from all others (tests/tenants.py).
What the caller typed may come back; nothing else of the other organization may, and nothing in it may change.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from accounts.queries import membership_of_key
from interventions import actions as interventions
from interventions.actions import Question
from kit.errors import Problem
from live import topics
from live.hub import Hub, the_hub
from live.tests.wire import Socket, eventually, in_thread, quietly
from tests.tenants import FAR, Tenant, move_ids, settle
from tests.test_authorization import _names

EVER = datetime(2000, 1, 1, tzinfo=UTC)
KEYED = {"interventions.detail", "interventions.presence", "interventions.told", "work.unit"}
# Signing in and out, and what ends the session under test; the rest is fuzzed.
LEFT_OUT = {"accounts:leaving", "accounts:member-ending"}
NAMES = [name for name in _names() if not name.startswith("account_") and name not in LEFT_OUT]
SLOW = [HealthCheck.too_slow]
METHODS = ("GET", "GET", "POST")
PARAMETERS = (
    *("search", "q", "gate", "platform", "assigned_to", "decided_by", "requester", "actor", "tag", "subject", "unit"),
    *("verb", "status", "kind", "priority", "cursor", "limit", "since", "until", "scope", "target", "what", "layout"),
    *("settled_by", "external_id", "after", "before", "organization"),
    *("filter", "attributes", "startIndex"),
)
FIELDS = (
    *("to", "role", "pick", "act", "reason", "message", "body", "answer", "name", "query", "organization", "unit"),
    *("scope", "target", "note", "delegate"),
)


@pytest.fixture
def tenants(db: None) -> tuple[Tenant, Tenant]:
    """Ours, and theirs, whose ids are far away."""
    ours = settle("zqours")
    move_ids(FAR)
    theirs = settle("zqtheirs")
    move_ids(FAR // 7 * 8)  # what tests make from here on is ours again
    assert len(theirs.numbers_of_rows) > 30
    assert len(theirs.uuids) > 5
    return ours, theirs


@pytest.fixture
def callers(tenants: tuple[Tenant, Tenant], key_of: Callable[..., str], client_of: Any) -> list[Client]:
    """An Admin's browser, and a program with an Admin's key."""
    boss = tenants[0].boss
    scopes = ("submit", "read", "decide", "admin", "provision")
    return [client_of(boss), Client(headers={"Authorization": f"Bearer {key_of(boss, *scopes)}"})]


def said_in(answer: HttpResponse) -> str:
    """Body and headers."""
    streaming = isinstance(answer, StreamingHttpResponse)
    body = b"".join(answer.streaming_content) if streaming else answer.content  # type: ignore[arg-type]
    return f"{answer.headers} {body.decode(errors='replace')}"


def cursors_of(tenant: Tenant, client: Client) -> list[str]:
    """Places in the lists of an organization, as its own lists hand them out."""
    pages = ("/api/interventions?limit=1", "/api/audit?limit=1", "/history?limit=1", "/ledger", "/units")
    found = [text for page in pages for text in re.findall(r"cursor=([\w%=-]+)", client.get(page).text)]
    assert found
    return found


def pieces_of(tenant: Tenant) -> list[str]:
    """What somebody could have heard of an organization: its words, parts of them, its ids, and who is in it."""
    ids = [str(pk) for found in tenant.ids.values() for pk in found]
    kinds = [f"{label.split('.')[1].lower()}:{pk}" for label, found in tenant.ids.items() for pk in found[:3]]
    names = [f"{tenant.mark}-place", f"{tenant.mark} boss", f"local:{tenant.mark}-boss", tenant.mark, tenant.mark[:4]]
    return [*tenant.words, *ids, *kinds, *names]


def address_of(name: str, place: Any) -> str:
    for args in ((), (place,), ("1", "x")):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return "/nowhere"


def places_for(name: str, tenant: Tenant) -> Iterator[Any]:
    """A row of each kind that has a number, each number once, and the one with a long id that the address is about."""
    yield from dict.fromkeys(found[0] for found in tenant.ids.values() if isinstance(found[0], int))
    short = name.rpartition(":")[2]
    if name.startswith("api:intake-api") or short == "unit":
        yield tenant.ids["work.Unit"][0]
    elif name.startswith("scim:"):
        yield tenant.ids["accounts.ProvisionedUser"][0]
        yield tenant.ids["accounts.ProvisionedGroup"][0]
    elif short in ("stop", "acknowledge", "rearming"):
        yield tenant.ids["interventions.Stop"][0]
    else:
        yield from tenant.ids["interventions.Intervention"][:2]


def ask(
    client: Client, method: str, name: str, address: str, query: dict[str, str], body: dict[str, Any]
) -> HttpResponse:
    as_json = {"content_type": "application/json"} if name.startswith(("api:", "scim:")) else {}
    with transaction.atomic():  # and back again: the next question finds the same world
        if method == "GET":
            answer = client.get(address, query)
        else:
            answer = client.post(address, body, query_params=query, **as_json)
        answer.said = said_in(answer)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return answer


def test_every_address_asked_about_their_rows_tells_and_changes_nothing(tenants, callers):
    _ours, theirs = tenants
    before, checked = theirs.lines(), 0
    for name in NAMES:
        for place in places_for(name, theirs):
            address = address_of(name, place)
            if str(place) not in address:
                continue
            for method in ("GET", "POST"):
                client = callers[name.startswith(("api:", "scim:"))]
                answer = ask(client, method, name, address, {}, {"role": "Viewer", "name": "x", "reason": "y"})
                checked += 1
                assert theirs.given_away_by(answer.said, [str(place)]) == set(), (method, address)
                assert answer.status_code in {302, 401, 403, 404, 405, 422}, (method, address, answer.status_code)
    assert checked > 100
    assert theirs.lines() == before


def test_every_page_list_and_export_asked_for_what_is_theirs_tells_nothing(tenants, callers):
    """The same question to each, so that none is left to chance: their words and ids in all that can be searched."""
    _ours, theirs = tenants
    query = {"search": theirs.words[0], "q": theirs.mark, "actor": f"local:{theirs.mark}-boss", "organization": "2"}
    asked = []
    for name in NAMES:
        address = address_of(name, "")
        if address == "/nowhere" or name.endswith("_callback"):
            continue
        for parameters in ({}, query):
            answer = ask(callers[name.startswith("api:")], "GET", name, address, parameters, {})
            assert theirs.given_away_by(answer.said, list(query.values())) == set(), (address, parameters)
            asked.append(address)
    assert {"/keys", "/members", "/settings/roles", "/settings/rules", "/settings/organization"} <= set(asked)
    assert {"/pilots", "/organizations", "/insights", "/ledger.csv", "/history.jsonl", "/people"} <= set(asked)


def test_no_filter_cursor_search_or_export_tells_of_another_organization(tenants, callers, client_of):
    ours, theirs = tenants
    before = theirs.lines()
    places = [place for tenant in tenants for found in tenant.ids.values() for place in found]
    cursors = [one for tenant in tenants for one in cursors_of(tenant, client_of(tenant.boss))]
    typed = st.sampled_from([*pieces_of(theirs), *pieces_of(ours), *cursors, "me", "%", "_", "-1", "99999999999"])
    asked = st.dictionaries(st.sampled_from(PARAMETERS), typed, max_size=3)
    bodies = st.dictionaries(st.sampled_from(FIELDS), typed, max_size=4)
    asking = (st.sampled_from(METHODS), st.sampled_from(NAMES), st.sampled_from(places), st.integers(0, 1))

    # No shrinking: a question is short as it is, and each costs a request.
    @settings(max_examples=120, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=SLOW)
    @given(*asking, asked, bodies)
    def fuzz(method: str, name: str, place: Any, who: int, query: dict[str, str], body: dict[str, str]) -> None:
        answer = ask(callers[who], method, name, address_of(name, place), query, body)
        said = [str(place), *query.values(), *body.values()]
        assert theirs.given_away_by(answer.said, said) == set()
        assert answer.status_code < 500

    fuzz()
    assert theirs.lines() == before


def test_a_leak_is_caught(tenants, client_of):
    """The check itself: what their own Admin is shown is full of marks and ids."""
    _ours, theirs = tenants
    for address in ("/", "/history", "/units", "/ledger", "/members", "/api/interventions", "/ledger.jsonl"):
        assert theirs.given_away_by(said_in(client_of(theirs.boss).get(address))), address
    assert theirs.given_away_by(f"/members/{theirs.ids['accounts.Membership'][0]}")
    assert not theirs.given_away_by("zqtheirs10gate", ["zqtheirs10gate"])


def test_programs_are_told_nothing_of_another_organization_whatever_they_ask(tenants, key_of):
    ours, theirs = tenants
    actor = membership_of_key(key_of(ours.boss, "submit", "read", "decide", "admin"))
    assert actor is not None
    asked = [{"request_id": str(pk)} for pk in sorted(theirs.uuids)] + [{"limit": 100}, {}]
    for call in topics._calls.values():
        for frame in asked:
            assert theirs.given_away_by(_answered(call, actor, frame), [*map(str, frame.values())]) == set()


def _answered(call: topics.Call, actor: Membership, frame: dict[str, Any]) -> str:
    try:
        return str(call(actor, frame))
    except Problem as refused:
        return f"{refused.sentence} {refused.members}"


def test_no_topic_renders_what_is_another_organizations(tenants):
    """Neither asked for by name, nor should a hint ever come to the wrong organization."""
    ours, theirs = tenants
    own = ["", str(ours.boss.pk), *ours.uuids]
    listened = {}
    for topic in topics._topics.values():
        listened[topic.name] = any(topic.may_listen(ours.boss, key) for key in own)
        for pk in sorted(theirs.uuids):
            keys = [f"{news}:{pk}" for news in ("new", "changed", "completed")] if topic.program else [pk]
            rendered = topic.render(ours.boss.organization_id, keys, topic.audience(ours.boss))
            assert theirs.given_away_by(str([*rendered.values()])) == set(), topic.name
            assert topic.program or not pk_is_heard(topic, ours.boss, pk), topic.name
        assert theirs.given_away_by(str(topic.missed(ours.boss, "", EVER) if listened[topic.name] else "")) == set()
    assert all(listened.values()), listened


def pk_is_heard(topic: topics.Topic, actor: Membership, pk: str) -> bool:
    """Whether the key itself opens the topic; a topic without keys is one's own organization's."""
    return topic.name in KEYED and topic.may_listen(actor, pk)


# The sockets, from end to end


@pytest.fixture
async def hub(transactional_db: None, settings: Any) -> AsyncIterator[Hub]:
    settings.REDIS_URL = ""
    hub = the_hub()
    hub.start()
    await eventually(lambda: hub.is_listening)
    yield hub
    await hub.stop()


async def test_what_happens_in_one_organization_is_heard_on_no_socket_of_another(hub: Hub) -> None:
    ours, theirs = await in_thread(lambda: (settle("zqours"), settle("zqtheirs")))
    await in_thread(lambda: (ours.ids, theirs.ids, theirs.boss.powers, ours.boss.powers))
    listening = {one.mark: await listener(one) for one in (ours, theirs)}

    await in_thread(lambda: something_happens(theirs))
    await in_thread(lambda: something_happens(ours))
    for one in (ours, theirs):
        await eventually(lambda one=one: any(one.mark in text for text in listening[one.mark].texts))
    await quietly()

    assert theirs.given_away_by(" ".join(listening[ours.mark].texts)) == set()
    assert ours.given_away_by(" ".join(listening[theirs.mark].texts)) == set()


async def listener(tenant: Tenant) -> Socket:
    """Hears all that its Admin may hear, as a page and as a program."""
    socket = Socket(tenant.boss)  # type: ignore[arg-type]
    for topic in topics._topics.values():
        for key in ("", str(tenant.boss.pk)):
            if await in_thread(lambda topic=topic, key=key: topic.may_listen(tenant.boss, key)):
                await socket.listens(topic, key)
    return socket


def something_happens(tenant: Tenant) -> None:
    question = Question(kind="approval", title=tenant.word("title"), description=tenant.word("description"))
    raised = interventions.raise_intervention(question, actor=tenant.boss)
    interventions.comment(raised.pk, body=tenant.word("comment"), actor=tenant.boss)
    interventions.claim(raised.pk, actor=tenant.boss)
    interventions.approve(raised.pk, actor=tenant.boss, reason=tenant.word("reason"))

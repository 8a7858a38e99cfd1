"""What no body, header or address gets past, and how each refusal is worded."""

import json

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Membership
from interventions.models import Intervention
from interventions.serializers import QuestionIn
from interventions.tests.programs import APPROVAL, fields_of, program

MIB = 1024 * 1024


@pytest.fixture
def machine(sys: Membership, key_of) -> Client:
    return program(key_of(sys))


def send(client: Client, body: bytes, kind: str = "application/json"):
    return client.generic("POST", "/api/interventions", body, content_type=kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'kind': 'approval'}",
        b'{"kind": "approval",}',
        b'{"kind": NaN}',
        b'{"kind": Infinity}',
        b'{"kind": 1e999}',
        b'{"kind": "\\ud800"}',
        b'{"kind": "a\nb"}',
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'{"title": "\xff\xfe"}',
        '{"kind": "approval"}'.encode("utf-16"),
        b"\x1f\x8b\x08\x00 not json",
        b"[" * 200_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_json_in_utf8_is_malformed(machine, body):
    answer = send(machine, body)

    assert answer.status_code == (422 if body == b"" else 400), answer.content
    fields_of(answer)
    assert not Intervention.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null", b"true", b'[{"kind": "approval"}]'])
def test_json_that_is_no_object_is_refused(machine, body):
    answer = send(machine, body)

    assert answer.status_code == 422, answer.content
    assert fields_of(answer)


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "application/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "nonsense",
    ],
)
def test_only_json_is_taken(machine, kind):
    answer = send(machine, json.dumps(APPROVAL).encode(), kind)

    assert answer.status_code == 415
    assert fields_of(answer) == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", 'application/json; charset="UTF-8"']
)
def test_json_may_say_that_it_is_utf8(machine, kind):
    assert send(machine, json.dumps(APPROVAL).encode(), kind).status_code == 201


@pytest.mark.parametrize("size, status", [(MIB, 422), (MIB + 1, 413), (4 * MIB, 413)])
def test_a_body_holds_a_mebibyte(machine, size, status):
    head = b'{"kind": "approval", "title": "x", "context": {"long": "'
    answer = send(machine, head + b"x" * (size - len(head) - 3) + b'"}}')

    assert answer.status_code == status
    fields_of(answer)


def test_a_form_too_large_to_look_for_a_csrf_token_in_is_refused_as_well(client_of, ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada.pilot, backend="django.contrib.auth.backends.ModelBackend")
    answer = send(browser, b"x=" + b"y" * 2 * MIB, "application/x-www-form-urlencoded")

    assert answer.status_code in {403, 413}
    fields_of(answer)


@pytest.mark.parametrize(
    "path, status",
    [
        ("/api/interventions/nonsense", 404),
        ("/api/interventions/00000000-0000-0000-0000-000000000000", 404),
        ("/api/interventions/00000000-0000-0000-0000-00000000000g", 404),
        ("/api/interventions/%00", 404),
        ("/api/nothing", 404),
        ("/api/", 404),
    ],
)
def test_what_is_not_there_is_a_problem_document_too(machine, path, status):
    answer = machine.get(path)

    assert answer.status_code == status
    assert fields_of(answer) == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_methods_nobody_serves_are_refused(machine, method):
    answer = machine.generic(method, "/api/interventions", b"{}", content_type="application/json")

    assert answer.status_code == 405
    assert fields_of(answer) == []


@pytest.mark.parametrize(
    "path", ["/api/interventions", "/api/interventions/pending", "/api/interventions/metrics", "/api/audit"]
)
def test_nobody_reads_without_saying_who_they_are(db, path):
    answer = Client().get(path)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert fields_of(answer) == []


def test_a_pilot_who_is_in_no_organization_has_nothing_to_read(client_of, ada):
    client = client_of(ada)
    Membership.objects.filter(pk=ada.pk).update(ended_at=timezone.now())

    assert client.get("/api/interventions").status_code == 401


def test_answers_are_not_kept_by_caches(machine):
    assert "no-store" in machine.get("/api/interventions").headers["Cache-Control"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*QuestionIn().fields, "reason", "message", "answer", "edited"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(FIELDS, JSON, max_size=6), asks=st.booleans())
def test_whatever_is_sent_is_taken_or_refused_in_words(machine, sys, body, asks):
    if asks:
        answer = send(machine, json.dumps(APPROVAL | body).encode())
    else:
        pk = send(machine, json.dumps(APPROVAL).encode()).json()["id"]
        answer = machine.generic(
            "POST", f"/api/interventions/{pk}/approve", json.dumps(body).encode(), content_type="application/json"
        )

    assert answer.status_code in {200, 201, 404, 409, 422, 400}, answer.content
    if answer.status_code >= 400:
        fields_of(answer)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["status", "priority", "kind", "search", "assigned_to", "gate", "cursor", "limit", "since"]),
        st.text(max_size=40),
        max_size=4,
    ),
    path=st.sampled_from(["interventions", "interventions/pending", "interventions/metrics", "audit"]),
)
@example(query={"status": "\x00"}, path="interventions")  # refused as `status.0`: the first of several
def test_whatever_is_asked_for_is_answered_or_refused_in_words(machine, query, path):
    answer = machine.get(f"/api/{path}", {name: text.encode(errors="replace") for name, text in query.items()})

    assert answer.status_code in {200, 422}, answer.content
    if answer.status_code == 422:
        assert {field.partition(".")[0] for field in fields_of(answer)} <= set(query)

"""The history and the ledger as files: who may, what is in them, what it leaves behind, and what it costs."""

import csv
import io
import json
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from interventions import actions
from interventions.queries import exports
from interventions.tests.asking import ask, narrowed, verbs
from kit.errors import NotAllowed

PATHS = ("/history.csv", "/history.jsonl", "/ledger.csv", "/ledger.jsonl")


def rows_of(answer) -> list[dict[str, str]]:
    """What a spreadsheet reads."""
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def records_of(answer) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.getvalue().splitlines()]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 200), (None, 302)])
def test_whoever_may_read_it_may_take_it_out(request, client_of, path, person, status):
    assert client_of(person and request.getfixturevalue(person)).get(path).status_code == status


@pytest.mark.parametrize("power, path", [("view_entry", "/ledger.csv"), ("view_intervention", "/history.jsonl")])
def test_a_role_without_the_power_is_refused_and_leaves_no_line(client_of, vi, power, path):
    vi.role.permissions.remove(vi.role.permissions.get(codename=power))

    assert client_of(vi).get(path).status_code == 403
    assert not Entry.objects.filter(verb__endswith=".exported").exists()


@pytest.mark.parametrize("export", [actions.export_history, actions.export_ledger])
def test_a_key_without_the_scope_takes_nothing_out(ada, export):
    with pytest.raises(NotAllowed):
        export(filters="", form="csv", actor=narrowed(ada, "submit"))

    assert not Entry.objects.filter(verb__endswith=".exported").exists()


def test_an_export_is_a_line_about_the_organization(ada):
    actions.export_history(filters="status=approved", form="csv", actor=ada)
    actions.export_ledger(filters="", form="jsonl", actor=ada)

    assert verbs(ada.organization)[-2:] == ["history.exported", "ledger.exported"]


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_takes_out_nothing_of_ours(client_of, ada, cy, sys, path):
    actions.reject(ask(sys, title="Deploy 4.18.2").pk, actor=ada, reason="Rollback target.")

    content = client_of(cy).get(path).getvalue().decode()

    assert "4.18.2" not in content
    assert "Rollback" not in content


def test_a_settled_question_goes_out_with_who_decided_what_and_when(client_of, ada, vi, sys):
    question = actions.reject(ask(sys, title="Deploy å 4.18.2", tags=["prod"]).pk, actor=ada, reason="Not today.")

    (row,) = rows_of(client_of(vi).get("/history.csv"))
    (record,) = records_of(client_of(vi).get("/history.jsonl"))

    assert row["id"] == record["id"] == str(question.pk)
    assert (row["title"], row["status"], row["verdict"]) == ("Deploy å 4.18.2", "rejected", "rejected")
    assert (row["decided_by"], row["role"], row["reason"]) == ("local:ada", "Operator", "Not today.")
    assert (row["settled_by"], row["tags"], row["late"], row["priority"]) == ("human", "prod", "no", "normal")
    assert record["tags"] == ["prod"]
    assert record["late"] is False
    assert record["settled_at"].endswith("Z")
    assert record["url"].endswith(f"/interventions/{question.pk}")


def test_a_timeout_is_nobodys_no(client_of, ada, sys):
    question = ask(sys)
    actions.expire(question.pk, organization_id=ada.organization_id, now=timezone.now() + timedelta(days=2))

    (record,) = records_of(client_of(ada).get("/history.jsonl"))

    assert (record["settled_by"], record["status"], record["decided_by"]) == ("timeout_default", "expired", None)


def test_a_line_goes_out_with_its_sentence(client_of, ada, sys):
    question = ask(sys)
    actions.reject(question.pk, actor=ada, reason="Not today.")

    row = rows_of(client_of(ada).get(f"/ledger.csv?subject={question.pk}"))[0]
    record = records_of(client_of(ada).get(f"/ledger.jsonl?subject={question.pk}"))[0]

    assert row["sentence"] == record["sentence"] == "Ada Nyström rejected it"
    assert (row["subject"], row["reason"], row["by_id"]) == (f"intervention:{question.pk}", "Not today.", "local:ada")
    assert json.loads(row["data"])["verdict"] == record["data"]["verdict"] == "rejected"


def test_the_file_is_narrowed_as_the_page_is(client_of, ada, bo, sys):
    actions.approve(ask(sys, title="yes").pk, actor=ada)
    actions.reject(ask(sys, title="no").pk, actor=bo)
    client = client_of(ada)

    assert [row["title"] for row in rows_of(client.get("/history.csv?status=approved"))] == ["yes"]
    assert [row["title"] for row in rows_of(client.get("/history.csv?decided_by=local:bo"))] == ["no"]
    assert [row["verb"] for row in rows_of(client.get("/ledger.csv?actor=local:bo"))] == ["intervention.decided"]
    assert client.get("/history.csv?status=pending").status_code == 422


def test_the_ledger_says_who_took_out_what(client_of, vi):
    client_of(vi).get("/history.csv?status=approved&cursor=").getvalue()
    client_of(vi).get("/ledger.jsonl?actor=me").getvalue()

    history, ledger = Entry.objects.filter(verb__endswith=".exported").order_by("pk")
    assert (history.verb, history.actor_name, history.data) == (
        "history.exported",
        "Vi Larsen",
        {"filters": "status=approved", "form": "csv"},
    )
    assert (ledger.verb, ledger.data) == ("ledger.exported", {"filters": "actor=me", "form": "jsonl"})


@pytest.mark.parametrize("title", ["=1+1", "+49 30", "-2", "@cmd", "\t=1+1", '=HYPERLINK("http://x","y")'])
def test_a_spreadsheet_runs_nothing_of_it(client_of, ada, sys, title):
    actions.approve(ask(sys, title=title).pk, actor=ada)

    (row,) = rows_of(client_of(ada).get("/history.csv"))

    assert row["title"] == f"'{title}"


def test_quotes_commas_and_new_lines_stay_in_their_cell(client_of, ada, sys):
    said = 'He said "no",\nand left; 火 🔥'
    actions.reject(ask(sys).pk, actor=ada, reason=said)

    assert rows_of(client_of(ada).get("/history.csv"))[0]["reason"] == said


def test_the_file_has_a_name_with_the_day_and_is_kept_nowhere(client_of, ada):
    answer = client_of(ada).get("/ledger.csv")

    assert answer.headers["Content-Disposition"] == f'attachment; filename="ledger-{timezone.localdate()}.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_is_read_in_chunks_and_ends_at_the_most(client_of, ada, sys, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 3)
    monkeypatch.setattr(exports, "MOST_ROWS", 7)
    for number in range(8):
        actions.approve(ask(sys, title=f"number {number}").pk, actor=ada)

    answer = client_of(ada).get("/history.csv")
    with CaptureQueriesContext(connection) as captured:
        rows = rows_of(answer)

    assert [row["title"] for row in rows] == [f"number {number}" for number in range(7, 0, -1)]
    assert len(captured) == 3


@pytest.mark.django_db(transaction=True)
async def test_it_streams_where_it_is_served(ada):
    client = AsyncClient()
    await client.aforce_login(ada.pilot, backend="django.contrib.auth.backends.ModelBackend")

    answer = await client.get("/ledger.jsonl")
    parts = [part async for part in answer]
    await sync_to_async(connections.close_all)()  # that of the thread the requests were served in

    assert answer.is_async
    assert json.loads(b"".join(parts).splitlines()[0])["verb"] == "ledger.exported"


def test_the_pages_link_to_their_files(client_of, ada):
    assert 'href="/history.csv?status=approved" download' in client_of(ada).get("/history?status=approved").text
    page = client_of(ada).get("/ledger?actor=me").text
    assert 'href="/ledger.jsonl?actor=me" download' in page
    assert "500,000 rows at most" in page

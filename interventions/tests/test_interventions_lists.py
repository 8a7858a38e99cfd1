"""Pages by keyset, and cursors that anybody may forge."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.queries import Filters, history_for, queue_for
from kit.errors import BadInput

Ask = Callable[..., Intervention]


@pytest.fixture
def ask(sys: Membership) -> Ask:
    def make(title: str = "Deploy", **about: Any) -> Intervention:
        return actions.raise_intervention(Question(**{"kind": "approval", "title": title} | about), actor=sys)

    return make


def forged(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def titles(rows: list[Intervention]) -> list[str]:
    return [row.title for row in rows]


def test_history_pages_forward_and_back_without_a_gap(ada, ask):
    for title in ("first", "second", "third"):
        actions.approve(ask(title).pk, actor=ada)

    newest = history_for(ada, Filters(), limit=2)
    older = history_for(ada, Filters(), cursor=newest.next or "", limit=2)
    back = history_for(ada, Filters(), cursor=older.previous or "", limit=2)

    assert (titles(newest.rows), titles(older.rows)) == (["third", "second"], ["first"])
    assert (newest.previous, older.next) == (None, None)
    assert titles(back.rows) == titles(newest.rows)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        forged("n"),
        forged("n", 1, 2, 3, 4),
        forged("n", None, None, None),
        forged("n", 1, 5, 5),
        forged("n", float("inf"), "2026-11-21", "0"),
        forged("n", 1, "2026-11-21T10:00", "019377a5-0000-7000-8000-000000000000"),
        forged("n", 1, "0001-01-01T00:00:00+23:59", "019377a5-0000-7000-8000-000000000000"),
        forged("n", {}, [], {}),
        "A" * 10_000,
    ],
)
def test_a_forged_cursor_is_refused_by_name(ada, cursor):
    with pytest.raises(BadInput, match="cursor"):
        queue_for(ada, Filters(), cursor=cursor)


def test_a_cursor_far_out_of_range_finds_nothing_and_breaks_nothing(ada, ask):
    ask()
    far = forged("n", 10**30, "2026-11-21T10:00:00+00:00", "019377a5-0000-7000-8000-000000000000")

    assert queue_for(ada, Filters(), cursor=far).rows == []


def test_history_is_narrowed_by_who_settled_it_and_when(ada, ask):
    actions.approve(ask("by Ada").pk, actor=ada)
    late = ask("by the clock")
    actions.expire(late.pk, organization_id=ada.organization_id, now=timezone.now() + timedelta(days=2))
    now = timezone.now()

    assert titles(history_for(ada, Filters(settled_by=("timeout_default",))).rows) == ["by the clock"]
    assert titles(history_for(ada, Filters(settled_by=("human", "quorum"))).rows) == ["by Ada"]
    assert history_for(ada, Filters(since=now)).rows == []
    assert history_for(ada, Filters(until=now - timedelta(hours=1))).rows == []


def test_an_unknown_source_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match="human"):
        Filters(settled_by=("fate",))

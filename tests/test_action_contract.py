"""Every action, tried: it leaves its lines and its hints, and refuses who may not.

An action without a case here fails. What is no deed of an actor is listed, with the reason, in NOT_DEEDS.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.queries import system_of
from audit.models import Entry
from live import bus
from tests import house
from tests.deeds import accounts, guardians, interventions, stops, work
from tests.deeds.case import Cast
from tests.test_house_rules import NOT_DEEDS, ROOT

CASES = accounts.CASES | guardians.CASES | work.CASES | interventions.CASES | stops.CASES
NAMES = [".".join(name) for name in CASES]


@pytest.fixture
def cast(max, ada, bo, vi, cy, sys) -> Cast:
    return Cast(max=max, ada=ada, bo=bo, vi=vi, cy=cy, sys=sys, system=system_of(sys.organization_id))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[bus.Hint]:
    """Every hint that is handed to the bus."""
    settings.REDIS_URL = ""
    hints: list[bus.Hint] = []
    packed = bus._packed
    monkeypatch.setattr(bus, "_packed", lambda sent: packed(hints.extend(sent := list(sent)) or sent))
    return hints


def actions() -> Iterator[tuple[str, str]]:
    for path, tree in house.sources("actions"):
        for function in house.public_functions(tree):
            if function.name not in NOT_DEEDS:
                yield path.relative_to(ROOT).parts[0], function.name


def test_every_action_has_a_case_and_every_case_an_action():
    assert set(actions()) == set(CASES)


def lines_after(last: int) -> list[Entry]:
    return list(Entry.objects.filter(pk__gt=last).order_by("pk"))


@pytest.mark.parametrize("case", CASES.values(), ids=NAMES)
def test_a_deed_is_written_down_in_its_actors_name_and_announced(cast, heard, case):
    deed, actor = case.ready(cast), getattr(cast, case.actor)
    last = Entry.objects.latest("pk").pk
    heard.clear()
    deed(actor=actor)
    lines = lines_after(last)

    assert [line.verb for line in lines] == case.lines
    assert {(line.actor, line.actor_role, line.organization_id) for line in lines} <= {
        (actor, actor.role_name, actor.organization_id)
    }
    assert {hint.topic for hint in heard} == case.hints
    assert {hint.organization_id for hint in heard} <= {actor.organization_id}


@pytest.mark.parametrize(
    "case, person",
    [
        pytest.param(case, person, id=f"{'.'.join(name)} by {person}")
        for name, case in CASES.items()
        for person in ("viewer", "stranger")
        if getattr(case, person) is not None
    ],
)
def test_who_may_not_is_refused_in_a_sentence_and_leaves_nothing(cast, heard, case, person):
    deed = case.ready(cast)
    last = Entry.objects.latest("pk").pk
    heard.clear()

    with pytest.raises(getattr(case, person)) as refused:
        deed(actor=cast.vi if person == "viewer" else cast.cy)
    assert refused.value.sentence
    assert lines_after(last) == heard == []

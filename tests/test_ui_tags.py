"""How pages word people and states."""

import pytest
from django.template import Context, Template

from chameleon.templatetags import ui


def rendered(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Nyström", "AN"),
        ("Ada", "AD"),
        ("ops-agent-3", "OA"),
        ("Maria del Carmen Ruiz", "MR"),
        ("7", "7"),
        ("", ""),
    ],
)
def test_a_person_has_two_letters(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


def test_a_name_cannot_bring_markup() -> None:
    assert "<b>" not in rendered("{% avatar name %}{% priority name %}", name="<b> <b>")


@pytest.mark.parametrize("value", [0, "critical"])
def test_a_priority_goes_by_number_or_name(value: int | str) -> None:
    assert "prio--critical" in rendered("{% priority value %}", value=value)


def test_every_state_has_its_drawing() -> None:
    for status in ui.INTERVENTION_STATUSES:
        assert "#" + ui.INTERVENTION_STATUSES[status][0] in rendered("{% status status %}", status=status)
    for status in ui.UNIT_STATUSES:
        assert "#" + ui.UNIT_STATUSES[status][0] in rendered('{% status status "unit" %}', status=status)

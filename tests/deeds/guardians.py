"""What is done to gates and guardians."""

from collections.abc import Callable
from functools import partial

from guardians import actions as guardians
from tests.deeds.case import Case, Cast, Deed


def at_a_gate(change: Deed) -> Callable[[Cast], Deed]:
    def ready(cast: Cast) -> Deed:
        gate = guardians.create_gate("loans", actor=cast.max, name="Loans")
        return lambda actor: change(gate.pk, actor=actor)

    return ready


def behind_another(cast: Cast) -> Deed:
    gate = guardians.create_gate("loans", actor=cast.max, name="Loans")
    for name in ("first", "second"):
        guardians.post_guardian(gate.pk, name, type="PASS_THRU", config={}, actor=cast.max)
    return lambda actor: guardians.place_guardian(gate.pk, "second", position=1, actor=actor)


CASES = {
    ("guardians", "create_gate"): Case(
        lambda cast: lambda actor: guardians.create_gate("loans", actor=actor, name="Loans"),
        ["gate.created"],
        {"guardians.gate"},
        actor="max",
        stranger=None,
    ),
    ("guardians", "change_gate"): Case(
        at_a_gate(partial(guardians.change_gate, reason_required=True)),
        ["gate.changed"],
        {"guardians.gate"},
        actor="max",
    ),
    ("guardians", "post_guardian"): Case(
        at_a_gate(partial(guardians.post_guardian, name="all", type="PASS_THRU", config={})),
        ["guardian.posted"],
        {"guardians.gate"},
        actor="max",
    ),
    ("guardians", "place_guardian"): Case(behind_another, ["guardian.placed"], {"guardians.gate"}, actor="max"),
}

"""What is done to gates and guardians. Every edit of a guardian is a new version."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actions import refuse_unless_fresh
from accounts.models import Membership
from accounts.roles import is_role
from audit.actions import record
from guardians import registry
from guardians.models import Gate, Guardian, GuardianVersion, Mode
from guardians.types.json_schema import answer_shape
from kit.errors import BadInput, NotAllowed, NotThere
from kit.rows import check_row, insert
from live.bus import announce

MOST_SEATS = 5
MOST_APPROVALS = 20

FORM = (
    "name",
    "description",
    "operator",
    "on_block",
    "kind",
    "priority",
    "required_role",
    "required_approvals",
    "seats",
    "veto",
    "votes_sealed",
    "undo_seconds",
    "claim_seconds",
    "requester_may_approve",
    "passkey_required",
    "reason_required",
    "reason_presets",
    "edits_allowed",
    "answer_schema",
    "due_seconds",
    "expires_seconds",
    "on_timeout",
    "max_interactions",
    "heartbeat_seconds",
)


@transaction.atomic
def create_gate(slug: str, *, actor: Membership, **form: Any) -> Gate:
    """Open a gate. Without guardians everything passes, and the page of the gate says so."""
    _refuse_unless_manager(actor)
    gate = Gate(organization_id=actor.organization_id, slug=slug, **_known(form))
    _check_gate(gate)
    insert(gate, taken=_("There already is a gate “%(slug)s”.") % {"slug": slug})
    record("gate.created", actor=actor, subject=gate, slug=slug, **_changes(form))
    _announce(gate)
    return gate


@transaction.atomic
def change_gate(gate_id: int, *, actor: Membership, **form: Any) -> Gate:
    """Change how a gate asks. Questions already asked keep the form they were asked in.

    To ask for no passkey any more is dangerous: whoever does it has lately shown that it is them.
    """
    gate = _lock_gate(gate_id, actor)
    if gate.passkey_required and not form.get("passkey_required", True):
        refuse_unless_fresh(actor)
    for field, value in _known(form).items():
        setattr(gate, field, value)
    _check_gate(gate)
    gate.save()
    record("gate.changed", actor=actor, subject=gate, **_changes(form))
    _announce(gate)
    return gate


@transaction.atomic
def post_guardian(
    gate_id: int,
    name: str,
    *,
    type: str,
    config: dict[str, Any],
    actor: Membership,
    mode: str = Mode.ENFORCE,
    percent: int = 100,
    on_block: str = "",
) -> GuardianVersion:
    """Put a guardian at a gate, or give the one of that name a new version.

    Raises BadInput naming the field of the configuration that is wrong.
    """
    gate = _lock_gate(gate_id, actor)
    registry.compile(type, config)
    guardian = _stand(gate, name)
    number = (guardian.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = GuardianVersion(
        guardian=guardian,
        number=number,
        type=type,
        config=config,
        mode=mode,
        percent=percent,
        on_block=on_block,
        created_by=actor,
    )
    _check_version(version)
    version.save()
    record("guardian.posted", actor=actor, subject=guardian, version=number, type=type, mode=mode, percent=percent)
    _announce(gate)
    return version


@transaction.atomic
def place_guardian(gate_id: int, name: str, *, position: int, actor: Membership) -> Guardian:
    """Let a guardian of a gate stand at that place, 1 being the first to judge; the others close up.

    No version changes by it: what judged a unit, and in which order, stays in the unit's own policy.
    """
    gate = _lock_gate(gate_id, actor)
    row = list(gate.guardians.order_by("position", "pk"))
    guardian = next((one for one in row if one.name == name), None)
    if guardian is None:
        raise NotThere(_("There is no such guardian."))
    if not 1 <= position <= len(row):
        raise BadInput.field("position", _("from 1 to %(last)s") % {"last": len(row)})
    if row[position - 1] == guardian:
        return guardian
    row.remove(guardian)
    row.insert(position - 1, guardian)
    for number, one in enumerate(row, start=1):
        one.position = number
    Guardian.objects.bulk_update(row, ["position"])
    record("guardian.placed", actor=actor, subject=guardian, position=position, order=[one.name for one in row])
    _announce(gate)
    return guardian


def _stand(gate: Gate, name: str) -> Guardian:
    """The guardian of that name; a new one stands last. The gate is locked: nobody else adds one."""
    last = gate.guardians.aggregate(last=Max("position"))["last"]
    guardian = Guardian(gate=gate, name=name, position=(last or 0) + 1)
    check_row(guardian)
    found = gate.guardians.filter(name=name).first()
    if found is None:
        guardian.save()
    return found or guardian


def _lock_gate(gate_id: int, actor: Membership) -> Gate:
    _refuse_unless_manager(actor)
    gate = Gate.objects.filter(organization_id=actor.organization_id).select_for_update().filter(pk=gate_id).first()
    if gate is None:
        raise NotThere(_("There is no such gate."))
    return gate


def _refuse_unless_manager(actor: Membership) -> None:
    if not actor.is_system and not actor.has_power("guardians.manage_gate"):
        raise NotAllowed(_("Only an Admin may change gates and guardians."))


def _known(form: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(form) - set(FORM))
    if unknown:
        raise BadInput.field(unknown[0], _("a gate has no such setting"))
    return form


def _check_gate(gate: Gate) -> None:
    check_row(gate)
    if gate.answer_schema is not None:
        answer_shape(gate.answer_schema)
    if not is_role(gate.required_role, gate.organization_id):
        raise BadInput.field("required_role", _("there is no such role"))
    if gate.seats:
        gate.required_approvals = _check_seats(gate.seats, gate.organization_id)
    for field in ("due_seconds", "expires_seconds", "claim_seconds", "heartbeat_seconds", "max_interactions"):
        if getattr(gate, field) == 0:
            raise BadInput.field(field, _("at least 1"))


def _check_seats(seats: Any, organization_id: int) -> int:
    """How many approvals the seats ask for, all in all."""
    shape = _("""give roles and how many of each, as in [{"role": "Security", "count": 1}]""")
    if not isinstance(seats, list) or not all(
        isinstance(seat, dict) and set(seat) == {"role", "count"} for seat in seats
    ):
        raise BadInput.field("seats", shape)
    if len(seats) > MOST_SEATS:
        raise BadInput.field("seats", _("at most %(most)s roles") % {"most": MOST_SEATS})
    for seat in seats:
        if type(seat["count"]) is not int or not 1 <= seat["count"] <= MOST_APPROVALS:
            raise BadInput.field("seats", _("each count is from 1 to 20"))
        if not isinstance(seat["role"], str) or not is_role(seat["role"], organization_id):
            raise BadInput.field("seats", _("there is no role “%(role)s”") % {"role": str(seat["role"])[:100]})
    if len({seat["role"] for seat in seats}) < len(seats):
        raise BadInput.field("seats", _("name each role once"))
    approvals = sum(int(seat["count"]) for seat in seats)
    if approvals > MOST_APPROVALS:
        raise BadInput.field("seats", _("at most 20 approvals in all"))
    return approvals


def _check_version(version: GuardianVersion) -> None:
    # The registry has compiled the configuration; an empty one is blank to Django, and right for some types.
    check_row(version, but={"config"})
    if version.percent > 100:
        raise BadInput.field("percent", _("from 0 to 100"))


def _changes(form: dict[str, Any]) -> dict[str, Any]:
    return {"form": {field: value for field, value in form.items() if field != "description"}}


def _announce(gate: Gate) -> None:
    announce("guardians.gate", gate.slug, organization_id=gate.organization_id)

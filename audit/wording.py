"""Every verb of the ledger as a sentence: for pages, and as plain words for files."""

from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from audit.models import Entry


class Line(NamedTuple):
    """How a verb is told: a drawing, the family of its colour, and the sentence about `who`."""

    icon: str
    family: str
    sentence: str


LINES = {
    "unit.submitted": Line("plus", "", gettext_noop("%(who)s submitted a unit at gate %(gate)s")),
    "unit.active": Line("play", "", gettext_noop("%(who)s let the unit go on")),
    "unit.awaiting_pilot": Line("clock", "warn", gettext_noop("%(who)s stopped the unit to ask a pilot")),
    "unit.paused": Line("pause", "ice", gettext_noop("%(who)s paused the unit")),
    "unit.stalled": Line("alert", "stale", gettext_noop("%(who)s found the unit stalled")),
    "unit.completed": Line("ok", "yes", gettext_noop("%(who)s reported the unit done")),
    "unit.failed": Line("no", "no", gettext_noop("%(who)s ended the unit as failed")),
    "unit.cancelled": Line("cancel", "", gettext_noop("%(who)s cancelled the unit")),
    "unit.heartbeat": Line("listening", "", gettext_noop("%(who)s gave a sign of life")),
    "unit.archived": Line("lock", "", gettext_noop("%(who)s archived the unit")),
    "intervention.raised": Line("queue", "", gettext_noop("%(who)s raised a question")),
    "intervention.seen": Line("eye", "", gettext_noop("%(who)s saw the question first")),
    "intervention.claimed": Line("claim", "", gettext_noop("%(who)s claimed the question")),
    "intervention.released": Line("release", "", gettext_noop("%(who)s released the question")),
    "claim.lapsed": Line("clock", "stale", gettext_noop("The claim of %(held_by)s lapsed")),
    "intervention.assigned": Line("person", "", gettext_noop("%(who)s assigned the question to %(to)s")),
    "intervention.unassigned": Line("person", "", gettext_noop("%(who)s assigned the question to nobody")),
    "intervention.handed_over": Line("person", "", gettext_noop("%(who)s handed the question of %(was)s to %(to)s")),
    "intervention.commented": Line("comment", "", gettext_noop("%(who)s left a comment")),
    "intervention.clarified": Line("clarify", "ask", gettext_noop("%(who)s asked back")),
    "intervention.replied": Line("answer", "ask", gettext_noop("%(who)s replied")),
    "decision.held": Line("clock", "warn", gettext_noop("%(who)s decided, and could still undo it")),
    "decision.undone": Line("undo", "", gettext_noop("%(who)s undid a decision before it was sent")),
    "decision.dropped": Line("no", "", gettext_noop("A decision that could still be undone was not carried out")),
    "intervention.voted": Line("approve", "yes", gettext_noop("%(who)s voted for it")),
    "intervention.escalated": Line("up", "warn", gettext_noop("Nobody had answered: %(who)s asked the Admins")),
    "intervention.escalation_requested": Line("up", "warn", gettext_noop("%(who)s asked for an answer sooner")),
    "intervention.expired": Line("clock", "stale", gettext_noop("The time ran out before anybody answered")),
    "unit.extended": Line("clock", "", gettext_noop("%(who)s gave the unit more time")),
    "absence.begun": Line("person", "", gettext_noop("%(who)s entered %(member)s as away")),
    "absence.ended": Line("person", "", gettext_noop("%(who)s entered %(member)s as back")),
    "delivery.made": Line("link", "", gettext_noop("%(who)s told the caller")),
    "delivery.failed": Line("offline", "no", gettext_noop("%(who)s could not reach the caller")),
    "kill_switch.pulled": Line("stop", "ice", gettext_noop("%(who)s pulled the kill switch")),
    "kill_switch.rearm_asked": Line("lock", "ice", gettext_noop("%(who)s asked to re-arm the kill switch")),
    "kill_switch.rearmed": Line("play", "", gettext_noop("%(who)s re-armed the kill switch")),
    "kill_switch.acknowledged": Line("ok", "", gettext_noop("%(who)s acknowledged that its work is stopped")),
    "history.exported": Line("download", "", gettext_noop("%(who)s took the history out as a file")),
    "ledger.exported": Line("download", "", gettext_noop("%(who)s took the ledger out as a file")),
    "saved_view.created": Line("plus", "", gettext_noop("%(who)s saved a view of the queue: %(name)s")),
    "saved_view.changed": Line("edit", "", gettext_noop("%(who)s changed a view of the queue: %(name)s")),
    "saved_view.deleted": Line("close", "", gettext_noop("%(who)s deleted a view of the queue: %(name)s")),
    "gate.created": Line("plus", "", gettext_noop("%(who)s opened a gate")),
    "gate.changed": Line("edit", "", gettext_noop("%(who)s changed how a gate asks")),
    "guardian.placed": Line("guardian", "", gettext_noop("%(who)s gave a guardian another place at its gate")),
    "guardian.posted": Line("guardian", "", gettext_noop("%(who)s posted version %(version)s of a guardian")),
    "organization.created": Line("org", "", gettext_noop("%(who)s opened the organization")),
    "organization.changed": Line("org", "", gettext_noop("%(who)s changed the organization's settings")),
    "pilot.preferences_set": Line("settings", "", gettext_noop("%(who)s changed their own settings")),
    "session.ended": Line("lock", "", gettext_noop("%(who)s signed out elsewhere")),
    "platform.created": Line("plus", "", gettext_noop("%(who)s registered the platform %(slug)s")),
    "pilot.created": Line("person", "", gettext_noop("%(who)s made an account for %(username)s")),
    "pilot.password_set": Line("key", "", gettext_noop("%(who)s set a pilot's password")),
    "membership.granted": Line("people", "", gettext_noop("%(who)s gave %(pilot)s the role %(role)s")),
    "membership.ended": Line("people", "", gettext_noop("%(who)s ended a membership")),
    "key.created": Line("key", "", gettext_noop("%(who)s made the key %(prefix)s")),
    "key.revoked": Line("key", "no", gettext_noop("%(who)s revoked the key %(prefix)s")),
}
DECIDED = {
    "approved": Line("approve", "yes", gettext_noop("%(who)s approved it")),
    "rejected": Line("reject", "no", gettext_noop("%(who)s rejected it")),
    "waived": Line("waive", "warn", gettext_noop("%(who)s waived the violation")),
    "resumed": Line("resume", "yes", gettext_noop("%(who)s let it resume")),
    "answered": Line("answer", "ask", gettext_noop("%(who)s answered it")),
    "cancelled": Line("cancel", "", gettext_noop("%(who)s cancelled the question")),
}
AGAINST = Line("reject", "no", gettext_noop("%(who)s voted against it"))
HELD = Line("guardian", "warn", gettext_noop("%(guardian)s held it, and a question was raised"))
SUPERSEDED = Line("stack", "", gettext_noop("The question fell away with its unit"))
TO_A_ROLE = Line("people", "", gettext_noop("%(who)s assigned the question to the role %(role)s"))
MENTIONED = Line("comment", "", gettext_noop("%(who)s left a comment for %(mentioned)s"))
OTHER = Line("info", "", gettext_noop("%(who)s"))


# The verbs under one heading, by what they begin with; and those that one asks for most.
GROUPS = {
    "intervention": gettext_lazy("Questions"),
    "decision": gettext_lazy("Held decisions"),
    "unit": gettext_lazy("Units of work"),
    "delivery": gettext_lazy("Telling callers"),
    "kill_switch": gettext_lazy("Kill switch"),
    "saved_view": gettext_lazy("Saved views"),
    "gate": gettext_lazy("Gates"),
    "guardian": gettext_lazy("Guardians"),
    "pilot": gettext_lazy("Pilots"),
    "membership": gettext_lazy("Members"),
    "absence": gettext_lazy("Absences"),
    "session": gettext_lazy("Sessions"),
    "key": gettext_lazy("API keys"),
    "platform": gettext_lazy("Platforms"),
    "organization": gettext_lazy("Organization"),
    "history": gettext_lazy("History"),
    "ledger": gettext_lazy("Ledger"),
}
OUTCOMES = ("intervention.decided", "intervention.expired", "intervention.voted")


SUBJECTS = {
    "intervention": gettext_lazy("question"),
    "unit": gettext_lazy("unit"),
    "gate": gettext_lazy("gate"),
    "guardian": gettext_lazy("guardian"),
    "guardianversion": gettext_lazy("guardian version"),
    "organization": gettext_lazy("organization"),
    "platform": gettext_lazy("platform"),
    "pilot": gettext_lazy("pilot"),
    "membership": gettext_lazy("member"),
    "apikey": gettext_lazy("API key"),
    "stop": gettext_lazy("kill switch"),
    "absence": gettext_lazy("absence"),
}


def verb_choices() -> list[tuple[str, Any]]:
    """For a drop-down: the outcomes, each group as a whole, and the verbs of each."""
    kinds = dict.fromkeys(verb.partition(".")[0] for verb in (*LINES, *OUTCOMES))
    groups = [(kind, GROUPS.get(kind, kind)) for kind in kinds]
    verbs = [(str(name), [(verb, verb) for verb in verbs_of(kind)]) for kind, name in groups]
    return [("outcomes", _("decisions and votes")), *groups, *verbs]


def verbs_of(choice: str) -> tuple[str, ...]:
    """The verbs a choice stands for; a verb stands for itself."""
    if choice == "outcomes":
        return OUTCOMES
    if not choice or "." in choice:
        return (choice,) if choice else ()
    return tuple(sorted({verb for verb in (*LINES, *OUTCOMES) if verb.startswith(f"{choice}.")}))


def line_of(entry: Entry) -> Line:
    """How this entry is told."""
    if entry.verb == "intervention.raised" and entry.data.get("guardian"):
        return HELD
    if entry.verb == "intervention.voted" and entry.data.get("act") == "reject":
        return AGAINST
    if entry.verb == "intervention.decided":
        if entry.data.get("source") == "superseded":
            return SUPERSEDED
        return DECIDED.get(entry.data.get("verdict", ""), OTHER)
    if entry.verb == "intervention.assigned" and entry.data.get("role"):
        return TO_A_ROLE
    if entry.verb == "intervention.commented" and entry.data.get("mentioned"):
        return MENTIONED
    return LINES.get(entry.verb, OTHER)


def names_in(entry: Entry) -> dict[str, str]:
    """What the sentences are filled with; all of it is somebody else's text."""
    return {"who": entry.actor_name} | {name: _listed(entry.data.get(name)) for name in NAMES}


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def said_with(entry: Entry) -> str:
    """Why: a reason, a note, or how an attempt to deliver failed; "" when nothing was said."""
    if entry.verb == "delivery.failed":
        return _("Attempt %(attempt)s, status %(code)s") % {
            "attempt": entry.data.get("attempt"),
            "code": entry.data.get("status_code") or _("none"),
        }
    return str(entry.data.get("reason") or entry.data.get("note") or "")


def sentence_of(entry: Entry) -> str:
    """In plain words: for files, and for whatever is not a page."""
    return _(line_of(entry).sentence) % names_in(entry)


CODES = ("gate", "guardian", "slug", "prefix")  # set in mono on a page
NAMES = (*CODES, "version", "username", "pilot", "role", "held_by", "was", "to", "member", "mentioned", "name")

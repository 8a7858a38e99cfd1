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
    "factor.added": Line("lock", "", gettext_noop("%(who)s set up a second factor: %(factor)s")),
    "factor.removed": Line("lock", "no", gettext_noop("%(who)s took a second factor away: %(factor)s")),
    "factor.reset": Line("lock", "no", gettext_noop("%(who)s took away the second factors of %(pilot)s")),
    "platform.created": Line("plus", "", gettext_noop("%(who)s registered the platform %(slug)s")),
    "pilot.created": Line("person", "", gettext_noop("%(who)s made an account for %(username)s")),
    "pilot.deactivated": Line("lock", "no", gettext_noop("%(by)s switched off the account of %(pilot)s")),
    "pilot.erased": Line("lock", "no", gettext_noop("%(by)s erased a person, who is %(pilot)s from now on")),
    "person.exported": Line("download", "", gettext_noop("%(who)s took out as a file what is kept about %(pilot)s")),
    "organization.retention_set": Line("clock", "warn", gettext_noop("%(who)s changed how long records are kept")),
    "retention.applied": Line(
        "close",
        "warn",
        gettext_noop(
            "What is no longer kept was removed: the content of %(questions)s questions and %(units)s units, "
            "%(entries)s lines of the ledger"
        ),
    ),
    "pilot.reactivated": Line("person", "", gettext_noop("%(by)s switched the account of %(pilot)s on again")),
    "pilot.password_set": Line("key", "", gettext_noop("%(who)s set a pilot's password")),
    "pilot.arrived": Line("person", "", gettext_noop("%(who)s let %(pilot)s in, who came from %(provider)s")),
    "pilot.synced": Line("person", "", gettext_noop("%(who)s took over from %(provider)s what %(pilot)s is called")),
    "pilot.connected": Line("link", "", gettext_noop("%(who)s connected %(provider)s to sign in with")),
    "pilot.disconnected": Line("link", "", gettext_noop("%(who)s disconnected %(provider)s")),
    "grant.revoked": Line("key", "", gettext_noop("%(who)s gave the access of %(pilot)s at %(provider)s back")),
    "grant.refused": Line("key", "no", gettext_noop("%(provider)s ended the sign-in of %(pilot)s")),
    "membership.granted": Line("people", "", gettext_noop("%(who)s gave %(pilot)s the role %(role)s")),
    "membership.granted_on": Line(
        "people", "", gettext_noop("%(who)s gave %(pilot)s the role %(role)s on the platform %(platform)s")
    ),
    "membership.revoked_on": Line(
        "people", "", gettext_noop("%(who)s took the role %(role)s on the platform %(platform)s from %(pilot)s")
    ),
    "membership.kept": Line(
        "alert",
        "warn",
        gettext_noop("%(pilot)s stays %(role)s, whatever the directory says: nobody else manages members"),
    ),
    "role.made": Line("people", "", gettext_noop("%(who)s made the role %(title)s")),
    "role.changed": Line("edit", "", gettext_noop("%(who)s changed the role %(title)s")),
    "role.removed": Line("close", "", gettext_noop("%(who)s removed the role %(title)s")),
    "directory.rules_set": Line("people", "", gettext_noop("%(who)s changed the rules for roles from the directory")),
    "directory.user_entered": Line("plus", "", gettext_noop("%(who)s entered %(name)s from the directory")),
    "directory.user_changed": Line("edit", "", gettext_noop("%(who)s changed what the directory says of %(name)s")),
    "directory.user_removed": Line("close", "", gettext_noop("%(who)s removed %(name)s from the directory")),
    "directory.user_recognized": Line(
        "person", "", gettext_noop("%(pilot)s signed in through %(provider)s and is %(name)s of the directory")
    ),
    "directory.group_entered": Line("plus", "", gettext_noop("%(who)s entered the group %(name)s from the directory")),
    "directory.group_changed": Line("edit", "", gettext_noop("%(who)s changed the group %(name)s of the directory")),
    "directory.group_members_set": Line(
        "people", "", gettext_noop("%(who)s changed who is in the group %(name)s of the directory")
    ),
    "directory.group_removed": Line("close", "", gettext_noop("%(who)s removed the group %(name)s from the directory")),
    "membership.ended": Line("people", "", gettext_noop("%(who)s ended a membership")),
    "member.invited": Line("link", "", gettext_noop("%(who)s invited somebody as %(role)s")),
    "member.joined": Line("people", "", gettext_noop("%(who)s joined as %(role)s")),
    "member.left": Line("people", "", gettext_noop("%(who)s left the organization")),
    "invitation.renewed": Line("refresh", "", gettext_noop("%(who)s sent an invitation as %(role)s anew")),
    "invitation.withdrawn": Line("cancel", "", gettext_noop("%(who)s withdrew an invitation as %(role)s")),
    "visit.begun": Line("eye", "warn", gettext_noop("%(who)s, a platform administrator, entered as %(role)s")),
    "visit.ended": Line("eye", "", gettext_noop("%(who)s, a platform administrator, left again")),
    "visit.expired": Line("clock", "", gettext_noop("The visit of %(member)s, a platform administrator, ran out")),
    "key.created": Line("key", "", gettext_noop("%(who)s made the key %(prefix)s")),
    "key.revoked": Line("key", "no", gettext_noop("%(who)s revoked the key %(prefix)s")),
    "key.rotated": Line("refresh", "", gettext_noop("%(who)s made the key %(prefix)s in place of %(was)s")),
    "key.refused": Line("alert", "warn", gettext_noop("The key %(prefix)s was refused: it came from %(address)s")),
    "token.issued": Line("key", "", gettext_noop("%(who)s signed in with a program")),
    "token.revoked": Line("key", "no", gettext_noop("%(who)s signed a program out")),
    "token.replayed": Line(
        "alert", "no", gettext_noop("A refresh token of %(who)s came a second time; all tokens of that sign-in ended")
    ),
    "signing_key.rotated": Line("refresh", "", gettext_noop("%(who)s changed the key that signs tokens")),
    "access.slowed": Line("alert", "warn", gettext_noop("Somebody at %(address)s guesses, and was slowed down")),
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
    "member": gettext_lazy("Coming and going"),
    "invitation": gettext_lazy("Invitations"),
    "visit": gettext_lazy("Visits of platform administrators"),
    "role": gettext_lazy("Roles"),
    "directory": gettext_lazy("Directory"),
    "absence": gettext_lazy("Absences"),
    "session": gettext_lazy("Sessions"),
    "grant": gettext_lazy("Providers' tokens"),
    "factor": gettext_lazy("Second factors"),
    "key": gettext_lazy("API keys"),
    "token": gettext_lazy("Tokens"),
    "signing_key": gettext_lazy("Signing keys"),
    "access": gettext_lazy("Access"),
    "platform": gettext_lazy("Platforms"),
    "organization": gettext_lazy("Organization"),
    "history": gettext_lazy("History"),
    "ledger": gettext_lazy("Ledger"),
    "person": gettext_lazy("Personal data"),
    "retention": gettext_lazy("Retention"),
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
    "role": gettext_lazy("role"),
    "provisioneduser": gettext_lazy("user of the directory"),
    "provisionedgroup": gettext_lazy("group of the directory"),
    "apikey": gettext_lazy("API key"),
    "invitation": gettext_lazy("invitation"),
    "tokenfamily": gettext_lazy("sign-in of a program"),
    "signingkey": gettext_lazy("signing key"),
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
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


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


CODES = ("gate", "guardian", "slug", "prefix", "address", "factor", "platform")  # set in mono on a page
NAMES = (
    *CODES,
    "version",
    "username",
    "pilot",
    "role",
    "held_by",
    "was",
    "to",
    "member",
    "mentioned",
    "name",
    "by",
    "provider",
    "title",
    "questions",
    "units",
    "entries",
)

"""The question to a pilot."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import OPERATOR, fills
from guardians.models import Kind, OnTimeout
from interventions.models.words import APPROVALS, FINAL, OPEN, Act, Source, Status
from kit.ids import uuid7
from kit.requests import Actor
from work.models import Priority

if TYPE_CHECKING:
    from accounts.models import Membership
    from interventions.models.answers import Hold
    from interventions.models.stops import Stop


MARK = 16  # characters of the content's hash that stand for it in a row: 64 bits


class InterventionQuerySet(models.QuerySet["Intervention"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of the platforms on which one views or decides; where one only asks, what one asked oneself.

        A key that is for some gates sees the questions of those: not what was asked without a gate.
        """
        mine = self.filter(organization_id=actor.organization_id)
        gates = getattr(actor, "gates", None)
        if gates is not None:
            mine = mine.filter(Q(gate__slug__in=gates) | Q(unit__gate__in=gates))
        seeing = ("interventions.view_intervention", "interventions.decide_intervention")
        seen = actor.reach(*seeing)
        if actor.is_system or seen.is_whole:
            return mine
        asked = actor.reach("interventions.raise_intervention")
        if not seen and not asked:
            return self.none()
        own = asked.rows() & Q(requester_id=actor.pk) if asked else Q(pk__in=[])
        return mine.filter(seen.rows() | own)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def settled(self) -> Self:
        return self.filter(status__in=FINAL)

    def out_of_time(self, now: datetime) -> Self:
        return self.filter(status__in=(Status.PENDING, Status.IN_PROGRESS), expires_at__lte=now)

    def overdue(self, now: datetime) -> Self:
        return self.filter(status__in=(Status.PENDING, Status.IN_PROGRESS), due_at__lte=now)

    def matching(self, text: str) -> Self:
        """Full-text search over title, description and context, in the words people type."""
        return self.filter(search=SearchQuery(text, config="simple", search_type="websearch"))

    def most_urgent_first(self) -> Self:
        return self.order_by("priority", "due_at", "id")


class Intervention(models.Model):
    """A question to a pilot. `status` mirrors its Claim and Decision for the indexes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    unit = models.ForeignKey(
        "work.Unit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="interventions",
        verbose_name=_("unit"),
    )
    # That of its unit, or of the key it was asked with; a question asked by a person about no unit is of none.
    platform = models.ForeignKey(
        "accounts.Platform",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("platform"),
    )
    gate = models.ForeignKey(
        "guardians.Gate", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("gate")
    )
    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    status = models.CharField(_("status"), max_length=18, choices=Status, default=Status.PENDING)
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True, default="", db_default="")
    context = models.JSONField(_("context"), default=dict)
    proposed = models.JSONField(_("proposed"), null=True, blank=True)
    content_hash = models.CharField(_("content hash"), max_length=64)
    request_hash = models.CharField(max_length=64, blank=True, editable=False, default="", db_default="")
    held_by = models.CharField(_("held by"), max_length=120, blank=True, default="", db_default="")
    held_because = models.TextField(_("held because"), blank=True, default="", db_default="")
    answer_schema = models.JSONField(_("answer schema"), null=True, blank=True)
    allowed_actions = ArrayField(models.CharField(max_length=10, choices=Act), verbose_name=_("allowed actions"))
    required_role = models.CharField(_("role that may decide"), max_length=150, default=OPERATOR)
    required_approvals = models.PositiveSmallIntegerField(_("approvals needed"), default=1)
    seats = models.JSONField(_("who must approve"), default=list, db_default=[], blank=True)
    veto = models.BooleanField(_("one rejection decides"), default=True, db_default=True)
    votes_sealed = models.BooleanField(_("votes are sealed until one has voted"), default=False, db_default=False)
    undo_seconds = models.PositiveSmallIntegerField(_("can be undone for (s)"), default=0, db_default=0)
    requester_may_approve = models.BooleanField(_("the requester may approve"), default=True)
    passkey_required = models.BooleanField(_("approving needs a passkey"), default=False, db_default=False)
    reason_required = models.BooleanField(_("every decision needs a reason"), default=False)
    edits_allowed = models.BooleanField(_("pilots may edit what was proposed"), default=False)
    requester = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("requester")
    )
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True, default="", db_default="")
    assigned_to = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    assigned_role = models.CharField(_("assigned to the role"), max_length=150, blank=True, default="", db_default="")
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, db_default=[], blank=True)
    links = models.JSONField(_("links and attachments"), default=list, db_default=[], blank=True)
    external_id = models.CharField(_("external id"), max_length=200, null=True, blank=True)  # noqa: DJ001
    dialect = models.JSONField(_("dialect"), null=True, blank=True)
    callback_url = models.URLField(_("callback URL"), max_length=500, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("asked"), db_default=Now())
    updated_at = models.DateTimeField(_("changed"), db_default=Now())
    first_seen_at = models.DateTimeField(_("first seen"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"))
    expires_at = models.DateTimeField(_("expires"))
    on_timeout = models.CharField(_("on timeout"), max_length=8, choices=OnTimeout, default=OnTimeout.REJECT)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    caller_polled_at = models.DateTimeField(_("caller last seen"), null=True, blank=True)
    caller_waits_until = models.DateTimeField(_("caller waits until"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    emptied_at = models.DateTimeField(_("content removed"), null=True, blank=True)
    resolution_source = models.CharField(
        _("settled by"), max_length=20, choices=Source, blank=True, default="", db_default=""
    )
    search = models.GeneratedField(
        expression=models.Func(
            models.F("title"),
            models.F("description"),
            models.F("context"),
            template=(
                "setweight(to_tsvector('simple', \"title\"), 'A') || "
                "setweight(to_tsvector('simple', \"description\"), 'B') || "
                'jsonb_to_tsvector(\'simple\', "context", \'["string", "numeric"]\')'
            ),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = InterventionQuerySet.as_manager()
    stops_in_force: Sequence["Stop"] = ()  # of its organization, as of when it was locked
    stop: "Stop | None" = None  # the first that covers it, as of when it was read for a page
    asked_before = False  # found again by its external id, instead of asked anew

    class Meta:
        verbose_name = _("intervention")
        verbose_name_plural = _("interventions")
        permissions: ClassVar = [
            ("raise_intervention", _("Can raise interventions")),
            ("decide_intervention", _("Can decide interventions")),
            ("waive_intervention", _("Can waive violations")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="an_intervention_has_a_known_status"),
            models.CheckConstraint(
                condition=Q(settled_at=None) ^ Q(status__in=list(FINAL)), name="a_settled_intervention_says_when"
            ),
            models.CheckConstraint(
                condition=Q(resolution_source="") ^ Q(status__in=list(FINAL)),
                name="a_settled_intervention_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) ^ Q(status="awaiting_requester"),
                name="only_a_question_asked_back_is_paused",
            ),
            models.UniqueConstraint(
                fields=["organization", "requester", "external_id"], name="a_requester_names_an_intervention_once"
            ),
        ]
        indexes: ClassVar = [
            # The queue, and everything that its head and the bar of every page count of it.
            models.Index(
                fields=["organization", "priority", "due_at", "id"],
                include=["status", "assigned_to", "assigned_role", "created_at", "tags"],
                name="waiting_in_order",
                condition=Q(status__in=list(OPEN)),
            ),
            # Open and settled ones in the order of the queue, for programs that list them all.
            models.Index(fields=["organization", "priority", "due_at", "id"], name="all_in_order"),
            models.Index(
                fields=["organization", "due_at", "id"], name="the_queue_by_due", condition=Q(status__in=list(OPEN))
            ),
            models.Index(fields=["expires_at"], name="questions_that_expire", condition=Q(status__in=list(OPEN))),
            # The history, and everything that is counted of it.
            models.Index(
                fields=["organization", "-settled_at", "-id"],
                include=[
                    "gate",
                    "kind",
                    "priority",
                    "resolution_source",
                    "on_timeout",
                    "created_at",
                    "due_at",
                    "status",
                ],
                name="settled_in_time",
                condition=Q(status__in=list(FINAL)),
            ),
            # The last answer to the same content at one gate: whether a later one went against it.
            models.Index(
                fields=["organization", "gate", "content_hash", "-settled_at"],
                name="settled_on_alike_content",
                condition=Q(status__in=["approved", "rejected"], resolution_source__in=["human", "quorum"]),
            ),
            # What was settled last at one gate, however rare its questions are among all the others.
            models.Index(
                fields=["organization", "gate", "-settled_at", "-id"],
                name="settled_at_a_gate",
                condition=Q(status__in=list(FINAL)),
            ),
            models.Index(fields=["organization", "status", "priority"], name="by_status_and_priority"),
            models.Index(fields=["organization", "updated_at"], name="changed_since"),
            # Everything that is counted and timed of a question: so a count of months reads the index, not the rows.
            models.Index(
                fields=["organization", "created_at"],
                include=["id", "status", "kind", "priority", "settled_at", "resolution_source"],
                name="asked_in_time",
            ),
            models.Index(fields=["unit"], name="questions_about_a_unit"),
            GinIndex(fields=["search"], name="questions_in_words"),
            GinIndex(fields=["tags"], name="open_questions_by_tag", condition=Q(status__in=list(OPEN))),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def is_expired(self, now: datetime) -> bool:
        """Out of time. A question that waits for its requester has no running clock."""
        return self.status != Status.AWAITING_REQUESTER and self.expires_at <= now

    @property
    def seated(self) -> list[dict[str, Any]]:
        """The roles that must approve and how many of each, also where the gate names no seats."""
        return self.seats or [{"role": self.required_role, "count": self.required_approvals}]

    @property
    def held(self) -> "Hold | None":
        """What was pressed and can still be undone. Asks the database only where there is time to undo."""
        return getattr(self, "hold", None) if self.undo_seconds and self.is_open else None

    @property
    def stands_since(self) -> datetime | None:
        """When its clock was stopped: by asking back, or by a stop."""
        return self.paused_at or (self.stop.at if self.stop else None)

    def has_role_for(self, actor: "Membership") -> bool:
        """Whether the role of `actor` is one that decides here."""
        return any(actor.has_rank_of(seat["role"], self.platform_id) for seat in self.seated)

    def is_for_role(self, title: str) -> bool:
        """Whether whoever has this role has one that decides here."""
        return any(fills(title, seat["role"]) for seat in self.seated)

    def may_be_decided_by(self, actor: "Membership") -> bool:
        """Whether the role is enough; who asked and who voted is a matter of each act."""
        return self.allows("interventions.decide_intervention", actor) and self.has_role_for(actor)

    def allows(self, power: str, actor: "Membership") -> bool:
        """Whether `actor` has this power on the platform of the question."""
        return actor.reach(power).covers(self.platform_id)

    def offers(self, act: str, actor: "Membership") -> bool:
        """Whether `actor` may press `act` here: what is not offered is not shown, and refused if sent."""
        if not self.is_open or act not in self.allowed_actions or not self.may_be_decided_by(actor):
            return False
        if act == Act.WAIVE and not self.allows("interventions.waive_intervention", actor):
            return False
        return not (act in APPROVALS and self.is_own_request_of(actor))

    def is_own_request_of(self, actor: "Membership") -> bool:
        return not self.requester_may_approve and self.requester_id == actor.pk

    def is_spoken_for_by(self, actor: "Membership") -> bool:
        """Whether `actor` is whoever asked, and comes with a role and key that do more than look."""
        acting = ("interventions.raise_intervention", "interventions.decide_intervention")
        return self.requester_id == actor.pk and actor.reach(*acting).covers(self.platform_id)

    @property
    def mark(self) -> str:
        """What stands for its content where there is no room for all of the hash."""
        return self.content_hash[:MARK]

    def is_still(self, seen: str) -> bool:
        """Whether its content is what somebody saw: told by the hash, or by as much of it as a row carries."""
        return len(seen) >= MARK and self.content_hash.startswith(seen)

    def caller_state(self, now: datetime) -> str:
        """listening: a held call is open. polling: seen within a minute. gone: hung up, or not seen since. Or ""."""
        if self.caller_polled_at is None:
            return ""
        if self.caller_waits_until is None:
            return "gone"
        if self.caller_waits_until > now:
            return "listening"
        return "polling" if (now - self.caller_polled_at).total_seconds() < 60 else "gone"

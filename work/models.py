"""Units of work and the table of their states."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kit.ids import uuid7
from kit.requests import Actor


class Priority(models.IntegerChoices):
    """Most urgent first, so that ascending order is the order of work."""

    CRITICAL = 0, _("critical")
    HIGH = 1, _("high")
    NORMAL = 2, _("normal")
    LOW = 3, _("low")

    @property
    def word(self) -> str:
        """The name on the wire, in every language the same."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Priority":
        return cls[word.upper()]


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    ACTIVE = "active", _("active")
    AWAITING_PILOT = "awaiting_pilot", _("awaiting a pilot")
    PAUSED = "paused", _("paused")
    STALLED = "stalled", _("stalled")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
OPEN = frozenset(Status) - TERMINAL

# The lifecycle: from each state, the states it may move to. Nothing else is allowed anywhere.
MOVES: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.ACTIVE, Status.AWAITING_PILOT, Status.CANCELLED}),
    Status.ACTIVE: frozenset(
        {
            Status.COMPLETED,
            Status.FAILED,
            Status.AWAITING_PILOT,
            Status.PAUSED,
            Status.STALLED,
            Status.CANCELLED,
        }
    ),
    Status.AWAITING_PILOT: frozenset({Status.ACTIVE, Status.FAILED, Status.CANCELLED}),
    Status.PAUSED: frozenset({Status.ACTIVE, Status.CANCELLED}),
    Status.STALLED: frozenset({Status.ACTIVE, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


SEEING = ("work.view_unit", "work.submit_unit", "interventions.decide_intervention")


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> Self:
        """All of the platforms on which one views, submits or decides: a decision moves the unit it is about.

        A key that is for some gates sees the units of those.
        """
        ours = self.filter(organization_id=actor.organization_id)
        gates = getattr(actor, "gates", None)
        ours = ours if gates is None else ours.filter(gate__in=gates)
        return ours if actor.is_system else ours.filter(actor.reach(*SEEING).rows())

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def silent(self, now: datetime) -> Self:
        """Active units whose caller promised a heartbeat and has missed it."""
        return self.filter(status=Status.ACTIVE, heartbeat_due_at__lt=now)

    def overdue(self, now: datetime) -> Self:
        return self.filter(status__in=[Status.PENDING, Status.ACTIVE, Status.STALLED], expires_at__lt=now)


class Unit(models.Model):
    """One piece of work that wants to proceed.

    `policy` and `verdict` are what judged it and what they said, written once: never re-read
    from today's configuration. `content_hash` is the SHA-256 of the canonical attributes,
    `request_hash` that of the whole request, which tells a repeated submit from a changed one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", verbose_name=_("organization")
    )
    platform = models.ForeignKey(
        "accounts.Platform", on_delete=models.PROTECT, related_name="+", verbose_name=_("platform")
    )
    external_id = models.CharField(_("external id"), max_length=200)
    gate = models.CharField(_("gate"), max_length=80)
    workflow = models.CharField(_("workflow"), max_length=200, blank=True)
    title = models.CharField(_("title"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    attributes = models.JSONField(_("attributes"), default=dict)
    proposed = models.JSONField(_("proposed"), null=True, blank=True)
    content_hash = models.CharField(_("content hash"), max_length=64)
    request_hash = models.CharField(max_length=64, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    policy = models.JSONField(_("policy"), default=list)
    verdict = models.JSONField(_("verdict"), default=dict)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    status = models.CharField(_("status"), max_length=14, choices=Status, default=Status.PENDING)
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    interaction_count = models.IntegerField(_("interactions"), default=0, db_default=0)
    max_interactions = models.IntegerField(_("most interactions"), default=20, db_default=20)
    heartbeat_at = models.DateTimeField(_("last heartbeat"), null=True, blank=True)
    heartbeat_seconds = models.IntegerField(_("heartbeat within (s)"), null=True, blank=True)
    heartbeat_due_at = models.DateTimeField(_("next heartbeat due"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    callback_url = models.URLField(_("callback URL"), max_length=500, blank=True, default="", db_default="")
    requested_by = models.CharField(_("requested by"), max_length=200, blank=True, default="", db_default="")
    dialect = models.JSONField(_("dialect"), null=True, blank=True)  # what another system's client wants back
    submitted_by = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    created_at = models.DateTimeField(_("submitted"), db_default=Now())
    updated_at = models.DateTimeField(_("changed"), db_default=Now())
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    emptied_at = models.DateTimeField(_("content removed"), null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit of work")
        verbose_name_plural = _("units of work")
        permissions: ClassVar = [("submit_unit", _("Can submit units of work"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "platform", "external_id"], name="a_platform_names_a_unit_once"
            ),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="a_unit_has_a_known_status"),
            models.CheckConstraint(condition=Q(priority__in=list(Priority)), name="a_unit_has_a_known_priority"),
            models.CheckConstraint(
                condition=Q(settled_at=None) ^ Q(status__in=sorted(TERMINAL)), name="a_settled_unit_says_when"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "status", "-id"], name="units_by_status"),
            models.Index(fields=["organization", "-id"], name="units_of_an_organization"),
            models.Index(fields=["parent"], name="children_of_a_unit", condition=~Q(parent=None)),
            models.Index(fields=["heartbeat_due_at"], name="units_that_owe_a_heartbeat", condition=Q(status="active")),
            models.Index(
                fields=["expires_at"], name="units_that_expire", condition=Q(settled_at=None, expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_settled(self) -> bool:
        return self.status in TERMINAL

    @property
    def waits(self) -> bool:
        """Whether its caller still has nothing to act on."""
        return self.status in {Status.PENDING, Status.AWAITING_PILOT, Status.PAUSED}

    def is_visible_to(self, actor: Actor) -> bool:
        """As `visible_to` has it, of a unit of the actor's organization."""
        gates = getattr(actor, "gates", None)
        if gates is not None and self.gate not in gates:
            return False
        return actor.is_system or bool(actor.reach(*SEEING).covers(self.platform_id))

    def may_be_moved_by(self, actor: Actor) -> bool:
        """Programs that submit and pilots who decide move units; a timer moves them as the system."""
        moving = ("work.submit_unit", "interventions.decide_intervention")
        return actor.is_system or bool(actor.reach(*moving).covers(self.platform_id))

    def may_become(self, status: str) -> bool:
        return status in MOVES[self.status]

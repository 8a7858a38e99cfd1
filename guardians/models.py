"""Gates, and the immutable versions of the guardians that stand at them."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import OPERATOR
from kit.requests import Actor
from work.models import Priority


class OnBlock(models.TextChoices):
    REJECT = "reject", _("reject")
    ASK = "ask", _("ask a pilot")


class Operator(models.TextChoices):
    AND = "AND", _("all must allow")
    OR = "OR", _("one must allow")


class Mode(models.TextChoices):
    OFF = "off", _("off")
    SHADOW = "shadow", _("shadow")
    ENFORCE = "enforce", _("enforce")


class OnTimeout(models.TextChoices):
    """What becomes of the work when nobody answered in time. Never told as a person's no."""

    REJECT = "reject", _("reject")
    APPROVE = "approve", _("approve")
    CANCEL = "cancel", _("cancel")
    ESCALATE = "escalate", _("escalate once, then reject")


class Kind(models.TextChoices):
    """What a question is about. Declared here because a gate says which kind it asks."""

    APPROVAL = "approval", _("approval")
    CLARIFICATION = "clarification", _("question")
    WAIVER = "waiver", _("waiver")
    RESUME = "resume", _("resume")
    CANCEL = "cancel", _("cancel")
    KILL_SWITCH = "kill_switch", _("kill switch")


class GateQuerySet(models.QuerySet["Gate"]):
    def visible_to(self, actor: Actor) -> Self:
        if not actor.has_power("guardians.view_gate"):
            return self.none()
        return self.filter(organization_id=actor.organization_id)


class Gate(models.Model):
    """A named place where units are judged, and the form a question takes when one is held."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="gates", verbose_name=_("organization")
    )
    slug = models.SlugField(_("short name"), max_length=80)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    operator = models.CharField(_("guardians combine"), max_length=3, choices=Operator, default=Operator.AND)
    on_block = models.CharField(_("on a block"), max_length=6, choices=OnBlock, default=OnBlock.ASK)
    kind = models.CharField(_("kind of question"), max_length=14, choices=Kind, default=Kind.APPROVAL)
    priority = models.SmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    required_role = models.CharField(_("role that may decide"), max_length=150, default=OPERATOR)
    required_approvals = models.PositiveSmallIntegerField(
        _("approvals needed"), default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    seats = models.JSONField(
        _("who must approve"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_(
            'roles and how many of each, as in [{"role": "Security", "count": 1}]; empty: any of the role above'
        ),
    )
    veto = models.BooleanField(_("one rejection decides"), default=True, db_default=True)
    votes_sealed = models.BooleanField(_("votes are sealed until one has voted"), default=False, db_default=False)
    undo_seconds = models.PositiveSmallIntegerField(
        _("can be undone for (s)"), default=0, db_default=0, validators=[MaxValueValidator(60)]
    )
    claim_seconds = models.PositiveIntegerField(_("a claim lapses after (s)"), default=1800, db_default=1800)
    requester_may_approve = models.BooleanField(_("the requester may approve"), default=True)
    passkey_required = models.BooleanField(
        _("approving needs a passkey"),
        default=False,
        db_default=False,
        help_text=_(
            "given for this very question on its page; keys of programs cannot approve, nor can several at once"
        ),
    )
    reason_required = models.BooleanField(_("every decision needs a reason"), default=False)
    reason_presets = ArrayField(
        models.CharField(max_length=120), verbose_name=_("ready-made reasons"), default=list, blank=True, size=9
    )
    edits_allowed = models.BooleanField(_("pilots may edit what was proposed"), default=False)
    answer_schema = models.JSONField(_("answer schema"), null=True, blank=True)
    due_seconds = models.PositiveIntegerField(_("due after (s)"), default=900)
    expires_seconds = models.PositiveIntegerField(_("expires after (s)"), default=86_400)
    on_timeout = models.CharField(_("on timeout"), max_length=8, choices=OnTimeout, default=OnTimeout.REJECT)
    max_interactions = models.PositiveIntegerField(_("most interactions"), default=20)
    heartbeat_seconds = models.PositiveIntegerField(_("heartbeat within (s)"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = GateQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        permissions: ClassVar = [("manage_gate", _("Can manage gates and guardians"))]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slug"], name="a_gate_has_one_name_in_its_organization"),
            models.CheckConstraint(
                condition=Q(required_approvals__gte=1, required_approvals__lte=20), name="a_gate_asks_one_to_twenty"
            ),
            models.CheckConstraint(
                condition=Q(due_seconds__gt=0, expires_seconds__gt=0), name="a_gate_gives_some_time"
            ),
            models.CheckConstraint(
                condition=Q(undo_seconds__lte=60, claim_seconds__gte=60), name="a_gate_holds_for_a_minute_at_most"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Guardian(models.Model):
    """One rule at a gate. What it says is in its versions; the newest is in force."""

    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="guardians", verbose_name=_("gate"))
    name = models.SlugField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("guardian")
        verbose_name_plural = _("guardians")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gate", "name"], name="a_guardian_has_one_name_at_its_gate"),
        ]

    def __str__(self) -> str:
        return self.name


class GuardianVersionQuerySet(models.QuerySet["GuardianVersion"]):
    def in_force(self) -> Self:
        """The newest version of each guardian, in the order of the gate."""
        newest = self.order_by("guardian_id", "-number").distinct("guardian_id").values("pk")
        return self.filter(pk__in=newest).order_by("guardian__position", "guardian_id")


class GuardianVersion(models.Model):
    """What a guardian said from then on. Immutable: a trigger refuses UPDATE and DELETE."""

    guardian = models.ForeignKey(
        Guardian, on_delete=models.PROTECT, related_name="versions", verbose_name=_("guardian")
    )
    number = models.PositiveIntegerField(_("version"))
    type = models.CharField(_("type"), max_length=40)
    config = models.JSONField(_("configuration"), default=dict)
    mode = models.CharField(_("mode"), max_length=7, choices=Mode, default=Mode.ENFORCE)
    percent = models.PositiveSmallIntegerField(_("enforced for (%)"), default=100)
    on_block = models.CharField(_("on a block"), max_length=6, choices=OnBlock, blank=True, default="")
    created_by = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = GuardianVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardian version")
        verbose_name_plural = _("guardian versions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["guardian", "number"], name="a_guardian_version_has_one_number"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="a_guardian_enforces_at_most_all"),
        ]

    def __str__(self) -> str:
        return f"{self.guardian.name} v{self.number}"

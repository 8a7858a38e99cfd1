"""The ledger: one line for everything a person or a machine did."""

from typing import ClassVar, Self

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kit.requests import Actor

VOTED = "intervention.voted"
SEALED = (VOTED, "decision.held", "decision.undone", "decision.dropped")
ENDS = ("intervention.decided", "intervention.expired")


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the platforms where one reads the ledger; those of no platform where one reads it everywhere.

        A key that is for some gates reads none: lines name no gate.
        """
        if getattr(actor, "gates", None) is not None:
            return self.none()
        readable = actor.reach("audit.view_entry").rows()
        return self.filter(readable, organization_id=actor.organization_id).unsealed_for(actor)

    def unsealed_for(self, actor: Actor) -> Self:
        """Without what others voted on an open question whose votes are sealed until one has voted oneself.

        Told by the ledger alone: such a line says so, and so does the line that ended the question or is one's own.
        """
        about_it = Entry.objects.filter(subject_type="intervention", subject_id=OuterRef("subject_id"))
        ended, mine = about_it.filter(verb__in=ENDS), about_it.filter(verb=VOTED, actor_id=actor.pk)
        sealed = Q(verb__in=SEALED, data__contains={"sealed": True}) & ~Q(actor_id=actor.pk)
        return self.exclude(sealed & ~Exists(ended) & ~Exists(mine))

    def about(self, subject_type: str, subject_id: object) -> Self:
        return self.filter(subject_type=subject_type, subject_id=str(subject_id))


class Entry(models.Model):
    """Who, in which role, did what, to what, when, why and from where.

    Append-only: triggers refuse UPDATE, DELETE and TRUNCATE, whoever asks. There are two ways past them, both held by
    the database: a person who is erased becomes a pseudonym, and a line goes when it is older than its organization
    keeps its ledger.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), db_default=Now())
    actor = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(_("who"), max_length=200)
    actor_role = models.CharField(_("role"), max_length=150)
    verb = models.CharField(_("did"), max_length=60)
    # Of what it is about. Neither constrained nor indexed: its subject is, and every submit would pay for it.
    platform = models.ForeignKey(
        "accounts.Platform",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("platform"),
    )
    subject_type = models.CharField(_("kind of subject"), max_length=40)
    subject_id = models.CharField(_("subject"), max_length=64)
    data = models.JSONField(_("particulars"), default=dict, db_default=models.Value({}, models.JSONField()))
    came_from = models.CharField(_("from where"), max_length=45, blank=True, default="", db_default="")

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            # By time, so that a page of last spring begins there instead of walking back to it.
            models.Index(fields=["organization", "-at", "-id"], name="the_ledger"),
            models.Index(fields=["organization", "actor", "-at", "-id"], name="the_ledger_of_an_actor"),
            models.Index(fields=["organization", "verb", "-at", "-id"], name="the_ledger_of_a_verb"),
            models.Index(fields=["subject_type", "subject_id", "-id"], name="entries_about_a_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.subject_type} {self.subject_id}"


class Erasure(models.Model):
    """Who was erased, when, and under which pseudonym the records tell of them. No name they had is in it.

    Their own lines may exchange their name for the pseudonym; others what names them, while the transaction that writes
    this lasts, and no longer.
    """

    pilot = models.OneToOneField("accounts.Pilot", on_delete=models.PROTECT, verbose_name=_("pilot"))
    pseudonym = models.CharField(_("pseudonym"), max_length=60, unique=True)
    at = models.DateTimeField(_("at"), db_default=TransactionNow(), editable=False)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")

    def __str__(self) -> str:
        return self.pseudonym

"""What is said around a question, who looks at it, and who outside is told."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from interventions.models.questions import Intervention


class Comment(models.Model):
    """Words around a question: remarks, what a pilot asked back, and the requester's reply."""

    class Kind(models.TextChoices):
        COMMENT = "comment", _("comment")
        QUESTION = "question", _("asked back")
        REPLY = "reply", _("reply")

    intervention = models.ForeignKey(
        Intervention, on_delete=models.PROTECT, related_name="comments", verbose_name=_("question")
    )
    by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.COMMENT)
    body = models.TextField(_("words"))
    mentions = models.ManyToManyField("accounts.Membership", related_name="+", blank=True, verbose_name=_("mentions"))
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.by.name}: {self.body[:40]}"


class Look(models.Model):
    """Who has the page of a question open. A heartbeat: stale ones count for nothing, and are swept away."""

    intervention = models.ForeignKey(
        Intervention, on_delete=models.CASCADE, related_name="looks", verbose_name=_("question")
    )
    by = models.ForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="+", verbose_name=_("by"))
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["intervention", "by"], name="a_pilot_looks_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="looks_by_age")]

    def __str__(self) -> str:
        return f"{self.by.name}: {self.intervention.title}"


class Delivery(models.Model):
    """Telling the caller's URL what was decided: one series of attempts."""

    intervention = models.OneToOneField(Intervention, on_delete=models.PROTECT, verbose_name=_("question"))
    url = models.URLField(_("address"), max_length=500)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    status_code = models.PositiveSmallIntegerField(_("status of the answer"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    tried_at = models.DateTimeField(_("last try"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")

    def __str__(self) -> str:
        return self.url

"""What a pilot keeps of the queue: the ways to look at it."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from kit.requests import Actor


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own, and those that others in the organization share."""
        return self.filter(Q(owner_id=actor.pk) | Q(is_shared=True), owner__organization_id=actor.organization_id)


class SavedView(models.Model):
    """A queue narrowed in a way worth a name."""

    owner = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="saved_views", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("filters"), max_length=1000, help_text=_("as in the address of the queue"))
    is_shared = models.BooleanField(_("shared with the organization"), default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="a_saved_view_has_one_name"),
        ]

    def __str__(self) -> str:
        return self.name

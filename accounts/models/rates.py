"""How often callers have asked: counts of short windows, shared by all processes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Spent(models.Model):
    """What was spent of one limit by one caller in one window. Unlogged: after a crash it begins anew."""

    bucket = models.CharField(_("limit, caller and window"), max_length=200, primary_key=True)
    calls = models.BigIntegerField(_("calls"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("spent budget")
        verbose_name_plural = _("spent budgets")

    def __str__(self) -> str:
        return self.bucket

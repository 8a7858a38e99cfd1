"""Who signs in, and how they want the pages."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.providers import providers

# What a browser says of a passkey when it is made: the device knows whose it is, so that nobody has to type a name.
SIGNS_IN_ALONE = "data__credential__clientExtensionResults__credProps__rk"
ERASED = "erased:"  # begins the public id of who was erased


class Pilot(AbstractUser):
    """A person, or a machine account, who signs in. Deactivated or erased, never deleted: the records point to it."""

    class Kind(models.TextChoices):
        PERSON = "person", _("person")
        SYSTEM = "system", _("system")
        AGENT = "agent", _("agent")

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.PERSON)
    public_id = models.CharField(_("public id"), max_length=200, unique=True)
    # Kept for programs; pages show initials, since they load nothing from elsewhere.
    avatar_url = models.URLField(_("picture"), max_length=500, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("pilot")
        verbose_name_plural = _("pilots")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(public_id__startswith=ERASED) | Q(is_active=False, email="", is_superuser=False),
                name="who_is_erased_stays_away",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def save(self, *args: object, **kwargs: object) -> None:
        self.public_id = self.public_id or f"local:{self.username}"
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    @property
    def is_erased(self) -> bool:
        return self.public_id.startswith(ERASED)

    @property
    def is_machine(self) -> bool:
        return self.kind != self.Kind.PERSON

    def may_sign_in_without(self, way: Any) -> bool:
        """Whether a way in is left when this one, an account elsewhere or a passkey, is gone: a password, another
        account, or another passkey that signs in by itself.
        """
        if settings.PASSWORDS and self.has_usable_password():
            return True
        accounts = self.identities.standing().filter(provider__in=[*providers()])
        passkeys = self.authenticator_set.filter(type="webauthn", **{SIGNS_IN_ALONE: True})
        return any(one != way for one in (*accounts, *passkeys))

    @property
    def preferred(self) -> "Preferences":
        """How this pilot wants the pages; without a choice, as they come."""
        return getattr(self, "preferences", None) or Preferences(pilot=self)


class Notice(models.TextChoices):
    """What a browser may tell its pilot of while they look elsewhere."""

    ASSIGNED = "assigned", _("A question is assigned to me")
    MENTIONED = "mentioned", _("Somebody mentions me")
    CRITICAL = "critical", _("A critical question arrives")
    LAPSED = "lapsed", _("A claim of mine has lapsed")


class Preferences(models.Model):
    """How a pilot wants the pages; empty: as the browser says."""

    class Density(models.TextChoices):
        NORMAL = "", _("comfortable")
        COMPACT = "compact", _("compact")
        WALL = "wall", _("wall")

    class Theme(models.TextChoices):
        SYSTEM = "", _("as the system")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class Layout(models.TextChoices):
        LANES = "lanes", _("a lane for each priority")
        LIST = "list", _("one list, soonest due first")

    pilot = models.OneToOneField(Pilot, on_delete=models.CASCADE, verbose_name=_("pilot"))
    density = models.CharField(_("density"), max_length=7, choices=Density, blank=True, default="")
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True, default="")
    layout = models.CharField(_("queue"), max_length=5, choices=Layout, default=Layout.LANES)
    page_size = models.PositiveSmallIntegerField(_("questions on a page"), default=50)
    single_keys = models.BooleanField(_("single keys act"), default=True)
    keys = models.JSONField(_("keys"), default=dict, blank=True)
    notify = ArrayField(
        models.CharField(max_length=20), verbose_name=_("tell me about"), default=list, db_default=[], blank=True
    )

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(page_size__gte=10, page_size__lte=100), name="a_page_has_ten_to_hundred"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pilot)

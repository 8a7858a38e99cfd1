"""Who a pilot is elsewhere, and what the provider lets us ask there in their name."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.pilots import Pilot
from accounts.models.rules import DirectoryFacts
from accounts.providers import name_of
from accounts.sealing import seal, unseal

EARLY = timedelta(minutes=5)  # before a token expires it is renewed; sooner where it lives shorter than that
SETTLING = timedelta(minutes=2)  # a token is there a moment before the session it came with


class IdentityQuerySet(models.QuerySet["Identity"]):
    def standing(self) -> Self:
        """Those that somebody may sign in with."""
        return self.filter(ended_at=None)


class Identity(models.Model):
    """An account at a provider that signs a pilot in: known by its number there, as names change hands."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="identities", verbose_name=_("pilot"))
    provider = models.CharField(_("provider"), max_length=20)
    issuer = models.CharField(_("issuer"), max_length=300)
    uid = models.CharField(_("number there"), max_length=255)
    login = models.CharField(_("name there"), max_length=200, blank=True)
    leads = models.BooleanField(
        _("leads"), default=False, help_text=_("the account was made by it, and follows its name and e-mail address")
    )
    created_at = models.DateTimeField(_("connected"), db_default=Now())
    last_used_at = models.DateTimeField(_("last used"), db_default=Now())
    ended_at = models.DateTimeField(_("disconnected"), null=True, blank=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("way to sign in")
        verbose_name_plural = _("ways to sign in")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["issuer", "uid"], condition=Q(ended_at=None), name="an_account_elsewhere_is_one_pilots"
            ),
            models.UniqueConstraint(
                fields=["pilot"], condition=Q(leads=True), name="one_account_elsewhere_leads_a_pilot"
            ),
        ]

    def __str__(self) -> str:
        return f"{name_of(self.provider)}: {self.login or self.uid}"


@dataclass(frozen=True, repr=False)
class Grant:
    """What a provider gave: tokens that act for somebody there. `repr` does not tell them."""

    access: str
    refresh: str = ""
    expires_at: datetime | None = None


class ProviderTokenQuerySet(models.QuerySet["ProviderToken"]):
    def with_somebody_here(self, now: datetime) -> Self:
        return self.annotate(somebody_is_here=_somebody_is_here(now))

    def to_renew(self, now: datetime) -> Self:
        """Due, and of somebody who is signed in."""
        due = self.filter(Q(retry_at=None) | Q(retry_at__lte=now), refresh_at__lte=now)
        return due.with_somebody_here(now).filter(somebody_is_here=True)

    def to_read(self, now: datetime) -> Self:
        """Of somebody who is signed in and of whom their directory was not asked for an hour. Each has `facts_id`."""
        facts = DirectoryFacts.objects.to_read(now).annotate(uid=KT("facts__uid"))
        theirs = facts.filter(
            pilot=OuterRef("identity__pilot"), provider=OuterRef("identity__provider"), uid=OuterRef("identity__uid")
        )
        ready = self.filter(Q(retry_at=None) | Q(retry_at__lte=now), kept_at__lte=now - SETTLING)
        known = ready.annotate(facts_id=Subquery(theirs.values("pk")[:1])).exclude(facts_id=None)
        return known.with_somebody_here(now).filter(somebody_is_here=True)

    def to_give_back(self, now: datetime) -> Self:
        """Of those who have signed out everywhere, were switched off, or disconnected it."""
        waiting = self.filter(Q(retry_at=None) | Q(retry_at__lte=now), kept_at__lte=now - SETTLING)
        return waiting.with_somebody_here(now).filter(somebody_is_here=False)


class ProviderToken(models.Model):
    """The tokens of an identity, sealed. It is there for as long as its pilot is signed in somewhere."""

    identity = models.OneToOneField(
        Identity, on_delete=models.CASCADE, related_name="token", verbose_name=_("way to sign in")
    )
    sealed = models.BinaryField(editable=False)
    version = models.PositiveIntegerField(_("version"), default=1)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    refresh_at = models.DateTimeField(_("renewed next"), null=True, blank=True)
    retry_at = models.DateTimeField(_("tried again"), null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
    kept_at = models.DateTimeField(_("given"), db_default=Now())

    objects = ProviderTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider's token")
        verbose_name_plural = _("providers' tokens")
        indexes: ClassVar = [models.Index(fields=["refresh_at"], name="tokens_to_renew")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(refresh_at=None) | Q(refresh_at__lt=models.F("expires_at")),
                name="a_token_is_renewed_before_it_expires",
            ),
        ]

    def __str__(self) -> str:
        return str(self.identity)

    def grant(self) -> Grant:
        """What it holds. Raises Unreadable."""
        held = json.loads(unseal(self.sealed))
        return Grant(access=held["access"], refresh=held["refresh"], expires_at=self.expires_at)

    def hold(self, grant: Grant, now: datetime) -> None:
        """Hold this instead; a refresh token that was not given anew stays."""
        self.sealed = seal(json.dumps({"access": grant.access, "refresh": grant.refresh}))
        self.expires_at, self.kept_at = grant.expires_at, now
        self.refresh_at = renewed_at(grant, now) if grant.refresh else None
        self.retry_at, self.failures = None, 0


def renewed_at(grant: Grant, now: datetime) -> datetime | None:
    """When to ask for the next token: five minutes early, or in the last third of a life that is short."""
    if grant.expires_at is None:
        return None
    left = max(grant.expires_at - now, timedelta(seconds=3))
    return grant.expires_at - min(EARLY, left / 3)


def _somebody_is_here(now: datetime) -> Q:
    """Whether the pilot may sign in by it, and is signed in somewhere."""
    from allauth.usersessions.models import UserSession  # needs the pilots' model, which is being made here

    live = Session.objects.filter(expire_date__gt=now).values("session_key")
    there = UserSession.objects.filter(user_id=OuterRef("identity__pilot_id"), session_key__in=live)
    return Q(identity__ended_at=None, identity__pilot__is_active=True) & Q(Exists(there))

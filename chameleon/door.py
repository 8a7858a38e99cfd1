"""Who may come in by themselves: nobody, unless a provider vouches for them. An Admin invites everybody else.

Second factors are kept sealed.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions import CAME_BY, refuse_if_last_way_in
from accounts.models import Pilot
from accounts.proof import proof_in
from accounts.providers import provider_of
from accounts.queries import identity_of, memberships_of, proofs_of
from accounts.sealing import Unreadable, seal, unseal
from chameleon.guessing import Tries


class ClosedDoor(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """uvicorn has already put a trusted proxy's word in its place; a socket in a folder has no address."""
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  # nosec B104 -- nobody listens there

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if not settings.PASSWORDS:
            raise ValidationError(_("Nobody signs in with a password here."))
        super().pre_authenticate(request, **credentials)

    def post_login(self, request: HttpRequest, user: Any, **about: Any) -> HttpResponse:
        came = (about.get("signal_kwargs") or {}).get("sociallogin")
        if came is not None:  # the session ends when the provider says that it is over
            identity = identity_of(provider_of(came.account.provider), came.account.uid)
            request.session[CAME_BY] = identity.pk if identity else None
        return super().post_login(request, user, **about)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Who is a member of nothing yet has no queue to go to: they are told so, or run the installation."""
        if memberships_of(request.user):
            return str(super().get_login_redirect_url(request))
        runs_it = isinstance(request.user, Pilot) and request.user.is_superuser
        return reverse("interventions:organizations" if runs_it else "accounts:profile")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Those who have no password, or may not use it, prove who they are at a provider."""
        if not user.is_authenticated:
            return []
        methods = super().get_reauthentication_methods(user)
        if not settings.PASSWORDS:
            methods = [method for method in methods if method["id"] != "reauthenticate"]
        if proofs_of(user):
            words = _("Use another account of yours")
            methods.append({"id": "proof", "description": words, "url": reverse("accounts:proof-elsewhere")})
        return methods

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Each try is counted before it is made, for all processes together, and a good one given back.

        Raises ValidationError past the limit; the first time, the ledger is told.
        """
        tries = Tries("password", str(credentials.get("username") or credentials.get("email") or ""), request)
        tries.count()
        user = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back()
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:
        """Signing in is a proof as well: whoever has just come in is not asked twice."""
        return bool(super().is_reauthentication_required(app=app)) and not proof_in(context.request.session).is_fresh()


class SealedFactors(DefaultMFAAdapter):
    """The secrets of apps and recovery codes are encrypted at rest."""

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """What a passkey is called unless its owner says otherwise."""
        return _("Passkey %(n)s") % {"n": Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}

    def encrypt(self, text: str) -> str:
        return seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Never an empty secret for an unreadable one: its codes would be known to everybody."""
        try:
            return unseal(encrypted_text.encode())
        except Unreadable:
            raise ValidationError(
                _("This factor can no longer be read, as the SECRET_KEY has changed. Ask an Admin to take it away.")
            ) from None


class PasskeyRemoval(RemoveWebAuthnView):
    """allauth's page, but the last way in to an account stays."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        refuse_if_last_way_in(self.request.user, self.get_object())
        answer: HttpResponse = super().form_valid(form)
        return answer

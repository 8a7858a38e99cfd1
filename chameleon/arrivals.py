"""Signing in through a provider: allauth speaks to it, the actions of accounts say what that means here."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import requests
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter, OAuth2CallbackView
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.lookups import Question, Told, look_up, new_client
from accounts.models import Grant, Membership
from accounts.proof import proof_in
from accounts.providers import Provider, provider_of, providers
from accounts.queries import identity_of, organization_named, system_of
from chameleon.claims import facts_of
from kit.errors import Malformed, NotAllowed, NotThere, Problem, Refusal, Unavailable

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

LOGIN, CONNECT, PROVE = "login", "connect", "prove"
SKEW = 300  # seconds by which a provider's clock may differ
BROKEN = (requests.RequestException, OAuth2Error, KeyError, ValueError, TypeError)  # what a sick provider leads to


class Arrivals(DefaultSocialAccountAdapter):
    """allauth's side of it: it never makes an account, joins two, or keeps a token."""

    def list_apps(self, request: HttpRequest | None, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Those of the environment: nothing in the database opens a door."""
        every = (SocialApp(provider=name, **app) for name, about in _apps() for app in about["APPS"])
        return [app for app in every if provider in {None, app.provider, app.provider_id}]

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        name = provider.app.name  # as the environment calls it
        if error == AuthError.CANCELLED:
            raise NotAllowed(_("You did not let %(provider)s say who you are, so you are not signed in.") % _at(name))
        if isinstance(exception, requests.RequestException):
            logger.warning("Sign-in through %s failed: %s", name, type(exception).__name__)
            raise Unavailable(_("%(provider)s does not answer. Try again in a moment.") % _at(name))
        if "state_id" in (extra_context or {}):
            raise Malformed(
                _("This sign-in was not started in this browser, was used already, or is too old. Start again.")
            )
        logger.warning("Sign-in through %s failed: %s", name, type(exception).__name__)
        raise Malformed(_("%(provider)s did not confirm this sign-in. Start again.") % _at(name))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        provider = provider_of(sociallogin.account.provider)
        process = sociallogin.state.get("process")
        if process == CONNECT:
            raise ImmediateHttpResponse(_connect(request, provider, sociallogin))
        if process == PROVE:
            raise ImmediateHttpResponse(_prove(request, provider, sociallogin))
        facts = _with_directory(provider, sociallogin)
        identity = actions.arrive(facts, actor=_host(), grant=_grant(sociallogin))
        sociallogin.user = identity.pilot
        sociallogin.token = None  # kept by now: a sign-in that waits for something more is written into the session


@login_not_required
@never_cache
@require_POST
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Go to a provider: to sign in, or for somebody who is signed in to connect it or to prove who they are."""
    provider = providers().get(key)
    if provider is None:
        raise NotThere(_("Nobody signs in that way here."))
    process = request.POST.get("process", LOGIN)
    if process not in {LOGIN, CONNECT, PROVE}:
        raise Malformed(_("There is no such way to sign in."))
    if process != LOGIN and not request.user.is_authenticated:
        return redirect("account_login")
    if process == CONNECT and not proof_in(request.session).is_fresh():
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': reverse('accounts:profile')})}")
    return _leave(request, provider, process)


def _leave(request: HttpRequest, provider: Provider, process: str) -> HttpResponse:
    at = get_adapter(request).get_provider(request, provider.backend)
    wanted = at.get_auth_params() | (dict(provider.asks_again) if process == PROVE else {})
    try:
        away = at.redirect(request, process=process, next_url=get_next_redirect_url(request), auth_params=wanted)
    except BROKEN as wrong:  # an issuer is asked for its addresses first
        logger.warning("%s cannot be reached: %s", provider.name, type(wrong).__name__)
        return _refused(request, Unavailable(_("%(provider)s does not answer. Try again in a moment.") % _at(provider)))
    # A form may lead nowhere but to ourselves (form-action), and browsers hold what it is redirected to against it,
    # whatever the provider redirects to in turn. So the form ends here, and the page it leads to goes on.
    return render(request, "account/leaving.html", {"provider": provider, "address": away["Location"]})


def returning(adapter: type[OAuth2Adapter]) -> View:
    """allauth's callback of a provider, its refusals said on a page of the door."""

    class Telling(adapter):  # type: ignore[misc, valid-type]
        def parse_token(self, data: dict[str, Any]) -> Any:
            token = super().parse_token(data)
            token.scope = data.get("scope") or ""  # what was granted, which may be less than was asked for
            token.id_token = data.get("id_token") or ""
            return token

    @login_not_required
    @never_cache
    @require_safe
    def come_back(request: HttpRequest, **named: Any) -> HttpResponse:
        try:
            view: View = OAuth2CallbackView.adapter_view(Telling(request, **named))  # type: ignore[no-untyped-call]
            return view(request)
        except Problem as problem:
            return _refused(request, problem)
        except SocialApp.DoesNotExist:
            raise NotThere(_("Nobody signs in that way here."))
        except BROKEN as wrong:
            logger.warning("A provider's answer makes no sense: %s", type(wrong).__name__)
            return _refused(request, Malformed(_("The provider's answer makes no sense here. Start again.")))

    return come_back


def _connect(request: HttpRequest, provider: Provider, sociallogin: SocialLogin) -> HttpResponse:
    actor: Membership | None = request.membership  # type: ignore[attr-defined]
    if actor is None:
        raise NotAllowed(_("Sign in first; then connect it on your profile page."))
    if not proof_in(request.session).is_fresh():  # it took longer than a proof lasts
        raise NotAllowed(_("Too much time has passed. Confirm on your profile page that it is you, and connect again."))
    actions.connect_identity(_facts(provider, sociallogin), actor=actor, grant=_grant(sociallogin))
    messages.success(request, _("You can sign in through %(provider)s from now on.") % _at(provider))
    return redirect(f"{reverse('accounts:profile')}#ways-in")


def _prove(request: HttpRequest, provider: Provider, sociallogin: SocialLogin) -> HttpResponse:
    """It is the same person: nothing changes but the time at which that was last known."""
    identity = identity_of(provider, sociallogin.account.uid)
    if identity is None or identity.pilot_id != request.user.pk:
        raise NotAllowed(_("That is another account at %(provider)s than the one you sign in with.") % _at(provider))
    if not _was_asked_again(provider, sociallogin):
        raise NotAllowed(_("%(provider)s did not ask again who you are. Start again.") % _at(provider))
    told = {"provider": provider.backend, "uid": identity.uid}
    record_authentication(request, identity.pilot, "socialaccount", reauthenticated=True, **told)
    return redirect(sociallogin.get_redirect_url(request) or "accounts:profile")


def _was_asked_again(provider: Provider, sociallogin: SocialLogin) -> bool:
    """An issuer says when it last asked (OpenID Connect Core 2), which the browser cannot change. Others do not say."""
    if provider.key != "oidc":
        return True
    asked_at = (sociallogin.account.extra_data.get("id_token") or {}).get("auth_time", 0)
    return isinstance(asked_at, int) and time.time() - asked_at < REAUTHENTICATION_TIMEOUT + SKEW


def _facts(provider: Provider, sociallogin: SocialLogin) -> actions.Facts:
    account = sociallogin.account
    told = [(one.email, bool(one.verified)) for one in sociallogin.email_addresses]
    return facts_of(provider, account.uid, account.extra_data, told, getattr(sociallogin.token, "scope", ""))


def _with_directory(provider: Provider, sociallogin: SocialLogin) -> actions.Facts:
    """And what roles hang on: organizations, teams, groups, asked of it by the token it has just given."""
    facts, token = _facts(provider, sociallogin), sociallogin.token
    access, id_token = getattr(token, "token", ""), getattr(token, "id_token", "")
    question = Question(provider, facts.uid, access, id_token, said=facts.claims)

    async def ask() -> Told:
        async with new_client() as client:
            return await look_up(client, question)

    told: Told = async_to_sync(ask)()
    return replace(facts, claims=told.claims, unread=told.unread)


def _grant(sociallogin: SocialLogin) -> Grant | None:
    token = sociallogin.token
    return Grant(token.token, token.token_secret, token.expires_at) if token else None


def _host() -> Membership:
    """The system of the organization that takes people in."""
    organization = organization_named(settings.FIRST_ORGANIZATION)
    if organization is None:
        raise Refusal(
            _("There is no organization “%(slug)s” to take you in. Tell whoever runs this server.")
            % {"slug": settings.FIRST_ORGANIZATION}
        )
    return system_of(organization.pk)


def _apps() -> Any:
    return settings.SOCIALACCOUNT_PROVIDERS.items()


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = {"title": _(problem.title), "sentence": problem.sentence}
    return render(request, "account/refused.html", context, status=problem.status)


def _at(provider: Provider | str) -> dict[str, str]:
    return {"provider": provider if isinstance(provider, str) else provider.name}

"""What the worker does about providers' tokens: renews those in use, asks directories again by them, and gives back
those that nobody needs any more.

All of it looks at how things stand, not at what happened: whichever way a session ended, and whatever the worker was
doing then, the token of somebody who is signed in nowhere goes back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions, queries
from accounts.directory import facts_again
from accounts.lookups import Question, discover, look_up, new_client
from accounts.models import Grant, Membership
from accounts.providers import Provider
from accounts.queries import Errand
from kit.database import OrmThreads

logger = logging.getLogger(__name__)

AT_ONCE = 4
# What means that only the person can mend it, by signing in again (RFC 6749 5.2; OpenID Connect Core 3.1.2.6; GitHub).
OVER = {"invalid_grant", "interaction_required", "login_required", "consent_required", "bad_refresh_token"}

_threads = OrmThreads("providers", 2)


class Renewed(NamedTuple):
    """What a refresh token brought: tokens, an ID token or "", and the scopes, None where they are as before."""

    grant: Grant
    id_token: str
    scopes: list[str] | None


class Refused(Exception):
    """The provider said no, in one of its own words: asked again it says so again."""


# One at a time, by its lock: of two that renew the same token the slower would be taken for a thief.
@app.periodic(cron="* * * * * */30", periodic_id="accounts.tend_tokens")
@app.task(name="accounts.tend_tokens", queue="providers", lock="accounts.tend_tokens", queueing_lock="accounts.tokens")
async def tend_tokens(timestamp: int) -> int:
    """Renew, ask again and give back what is due. How many were looked at."""
    now = timezone.now()
    renewed = await _each(_renew, await _threads.run(queries.to_renew, now))
    asked = await _each(_ask_again, await _threads.run(queries.to_read, now))
    return renewed + asked + await _each(_give_back, await _threads.run(queries.to_give_back, now))


async def _each(deed: Callable[[httpx.AsyncClient, Errand], Awaitable[object]], errands: list[Errand]) -> int:
    """One that fails holds up no other."""
    places = asyncio.Semaphore(AT_ONCE)

    async def run(client: httpx.AsyncClient, errand: Errand) -> None:
        async with places:
            try:
                await deed(client, errand)
            except Exception:
                logger.exception("A provider's token could not be seen to.")
                await _threads.run(actions.note_failed, errand.token_id, errand.version)

    if errands:
        async with new_client() as client:
            await asyncio.gather(*(run(client, errand) for errand in errands))
    return len(errands)


async def _renew(client: httpx.AsyncClient, errand: Errand) -> Renewed | None:
    """The next tokens, kept; None when there are none: this time, any more, or because somebody has brought others."""
    if errand.grant is None or errand.provider is None:  # a key that is gone, a provider that was switched off
        await _as_system(actions.refuse_renewal, errand)
        return None
    try:
        renewed = await _next_grant(client, errand.provider, errand.grant)
    except Refused:
        await _as_system(actions.refuse_renewal, errand)
        return None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as wrong:
        tries = await _threads.run(actions.note_failed, errand.token_id, errand.version)
        logger.warning("%s did not renew a token, try %d: %s", errand.provider.name, tries, type(wrong).__name__)
        return None
    is_kept = await _threads.run(actions.note_renewed, errand.token_id, errand.version, renewed.grant)
    return renewed if is_kept else None


async def _next_grant(client: httpx.AsyncClient, provider: Provider, grant: Grant) -> Renewed:
    """What the refresh token is good for. Raises Refused when for nothing any more."""
    where, basic = await _token_endpoint(client, provider)
    asked = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
    answer = await client.post(where, headers={"Accept": "application/json"}, **_signed(provider, asked, basic=basic))
    told = _told(answer)
    if told.get("error") in OVER:
        raise Refused
    answer.raise_for_status()
    seconds = told.get("expires_in")
    expires_at = timezone.now() + timedelta(seconds=int(seconds)) if seconds else None  # by our clock, not by theirs
    next_grant = Grant(told["access_token"], told.get("refresh_token") or "", expires_at)
    scope = told.get("scope")
    return Renewed(next_grant, str(told.get("id_token") or ""), scope.split() if isinstance(scope, str) else None)


async def _ask_again(client: httpx.AsyncClient, errand: Errand) -> None:
    """What the directory says of them now, by a token of now: one that was renewed, where it can be."""
    provider, grant, known = errand.provider, errand.grant, errand.known
    renewed = None
    if grant is None or grant.refresh:
        renewed = await _renew(client, errand)
        if renewed is None:
            return
        grant = renewed.grant
    if provider is None or grant is None or known is None:
        return
    once = {name: known.facts.claims[name] for name in known.facts.once if name in known.facts.claims}
    id_token = renewed.id_token if renewed else ""
    told = await look_up(client, Question(provider, known.facts.uid, grant.access, id_token, once=once, again=True))
    if told.is_over and renewed is None:  # nothing can renew it: only the person can, by signing in again
        await _as_system(actions.refuse_renewal, errand)
        return
    facts = facts_again(known.facts, told.claims, renewed.scopes if renewed else None, told.unread)
    await _threads.run(actions.follow_directory, known.facts_id, known.at, facts)


async def _give_back(client: httpx.AsyncClient, errand: Errand) -> None:
    """Best effort: a provider that is away is asked a few times, then the token is forgotten. The ledger tells."""
    confirmed = False
    if errand.provider is not None and errand.grant is not None:
        try:
            confirmed = await _revoke(client, errand.provider, errand.grant)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            tries = await _threads.run(actions.note_failed, errand.token_id, errand.version)
            if not actions.is_spent(tries):
                return
    await _as_system(actions.drop_token, errand, confirmed=confirmed)


async def _revoke(client: httpx.AsyncClient, provider: Provider, grant: Grant) -> bool:
    """Whether the provider says that it is done. Microsoft has no such address: its tokens run out by themselves."""
    where, basic = await _revocation_endpoint(client, provider)
    if not where:
        return False
    if provider.key == "github":
        held, known_as = {"access_token": grant.access}, (provider.client_id, provider.secret)
        answer = await client.request("DELETE", where, json=held, auth=known_as)
    else:
        asked = {"token": grant.refresh or grant.access}  # RFC 7009: with a refresh token the whole grant goes
        answer = await client.post(where, **_signed(provider, asked, basic=basic))
    if answer.status_code >= 500 or answer.status_code == 429:
        answer.raise_for_status()
    return answer.is_success or (provider.key == "github" and answer.status_code in {404, 422})  # gone before


def _signed(provider: Provider, form: dict[str, str], *, basic: bool) -> dict[str, Any]:
    """The form with who asks, in the way the provider wants to be told."""
    if basic:
        return {"data": form, "auth": (provider.client_id, provider.secret)}
    return {"data": form | {"client_id": provider.client_id, "client_secret": provider.secret}}


def _told(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 500:
        answer.raise_for_status()
    told = answer.json()
    return told if isinstance(told, dict) else {}


async def _token_endpoint(client: httpx.AsyncClient, provider: Provider) -> tuple[str, bool]:
    if not provider.discovery:
        return provider.token_url, False
    told = await discover(client, provider)
    return str(told["token_endpoint"]), _wants_basic(told)


async def _revocation_endpoint(client: httpx.AsyncClient, provider: Provider) -> tuple[str, bool]:
    if not provider.discovery:
        return provider.revoke_url, False
    told = await discover(client, provider)
    return str(told.get("revocation_endpoint", "")), _wants_basic(told)


def _wants_basic(told: dict[str, Any]) -> bool:
    methods = told.get("token_endpoint_auth_methods_supported", [])
    return "client_secret_post" not in methods and "client_secret_basic" in methods


async def _as_system(deed: Callable[..., None], errand: Errand, **about: Any) -> None:
    def act() -> None:
        actor: Membership = queries.system_for(errand.pilot_id, settings.FIRST_ORGANIZATION)
        deed(errand.token_id, errand.version, actor=actor, **about)

    await _threads.run(act)

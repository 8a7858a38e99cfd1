"""Who guesses passwords or codes is slowed: by account and by address, in all processes together, and told of."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django.http import HttpRequest

from accounts.actions import note_guessing
from accounts.models import Pilot
from accounts.queries import systems_concerned
from accounts.rates import as_caller, limit_of, spend


class Tries:
    """One try at a `password` or a `code` of an account, by its user name or address."""

    def __init__(self, what: str, name: str, request: HttpRequest) -> None:
        self.what, self.name = what, name.casefold()
        self.address: str = get_adapter().get_client_ip(request)
        by_name, by_address = limit_of(f"{what}.name"), limit_of(f"{what}.address")
        self.counted = ((by_name, digest(self.name)), (by_address, as_caller(self.address)))

    def count(self) -> None:
        """Before it is made. Raises ValidationError past a limit; the first time, the ledger is told."""
        past = [spend(limit, caller) - limit.calls for limit, caller in self.counted]
        if max(past) <= 0:
            return
        if 1 in past:
            for system in systems_concerned(self.name):
                note_guessing(address=self.address, what=self.what, actor=system)
        raise get_adapter().validation_error("too_many_login_attempts")

    def give_back(self) -> None:
        """It was good."""
        for limit, caller in self.counted:
            spend(limit, caller, -1)


def digest(name: str) -> str:
    """What is counted under: the store need not know who has an account here."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:32]


@contextmanager
def _counted(pilot: Pilot) -> Iterator[None]:
    tries = Tries("code", pilot.username, context.request)
    tries.count()
    yield
    tries.give_back()


# allauth's forms of the second factor (MFA_FORMS). Whoever stands before them knows the password.


class _Code:
    user: Pilot

    def clean_code(self) -> Any:
        with _counted(self.user):
            return super().clean_code()  # type: ignore[misc]


class _Passkey:
    user: Pilot

    def clean_credential(self) -> Any:
        with _counted(self.user):
            return super().clean_credential()  # type: ignore[misc]


class CodeForm(_Code, AuthenticateForm):
    pass


class CodeAgainForm(_Code, ReauthenticateForm):
    pass


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):
    pass

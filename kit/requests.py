"""Who is asking, as far as the lower floors need to know."""

from contextvars import ContextVar
from typing import Any, Protocol, runtime_checkable

_came_from: ContextVar[str] = ContextVar("came_from", default="")


@runtime_checkable
class Actor(Protocol):
    """A membership: one pilot, in one organization, in one role."""

    pk: Any
    organization_id: int

    @property
    def role_name(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_system(self) -> bool: ...
    def has_power(self, power: str) -> bool: ...
    def reach(self, *powers: str) -> Any: ...
    def role_at(self, platform_id: int | None) -> str: ...


def came_from() -> str:
    """The address of the caller now being served, or "" for the machine itself."""
    return _came_from.get()


def set_came_from(address: str) -> None:
    """Behind a trusted proxy it is whatever that passes on; the ledger holds 45 characters of it."""
    _came_from.set(address[:45])

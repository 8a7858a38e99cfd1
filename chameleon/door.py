"""Who may come in by themselves: nobody. An Admin invites."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedDoor(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """uvicorn has already put a trusted proxy's word in its place; a socket in a folder has no address."""
        return request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

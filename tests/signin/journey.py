"""A browser on its way to a provider and back."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client

ADA = {
    "id": 583231,
    "login": "octocat",
    "name": "Ada Nyström",
    "avatar_url": "https://avatars.example/u/583231",
    "emails": [
        {"email": "ada@home.example", "primary": True, "verified": False},
        {"email": "ada@fjordbank.example", "primary": False, "verified": True},
    ],
}


def leave(client: Client, key: str, **form: str) -> str:
    """Press the button: where the browser is sent."""
    page = client.post(f"/accounts/{key}/login/", form)
    assert page.status_code == 200, page.text
    return str(page.context["address"])


def at_provider(address: str) -> str:
    """Say yes there, or no: where the provider sends the browser back to."""
    answer = httpx.get(address, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    split = urlsplit(answer.headers["Location"])
    return f"{split.path}?{split.query}"


def sign_in(client: Client, key: str, **form: str) -> Any:
    """All of it: the answer to the way back."""
    return client.get(at_provider(leave(client, key, **form)))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session

"""The environment, read into what the settings need."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chameleon.errors import CannotStart


def is_on(name: str) -> bool:
    return os.environ.get(name) == "1"


def listed(name: str) -> list[str]:
    """A comma-separated variable."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def whole(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdecimal() or int(text) == 0:
        raise CannotStart(f"{name} is “{text}”, which is not a whole number above 0.")
    return int(text)


def rates(name: str, defaults: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """`decide.key=600/60, token.address=30/60`: calls and seconds, in place of those defaults."""
    found = dict(defaults)
    for word in listed(name):
        limit, _is, said = word.partition("=")
        calls, _per, seconds = said.partition("/")
        if limit not in defaults:
            raise CannotStart(f"{name} names “{limit}”; it can name {', '.join(defaults)}.")
        if not (calls.isascii() and calls.isdecimal() and int(calls) and seconds.isascii() and seconds.isdecimal()):
            raise CannotStart(f"{name} has “{word}”; a limit is written as {limit}=100/60, calls and seconds.")
        found[limit] = int(calls), max(1, int(seconds))
    return found


def origins(name: str) -> frozenset[str]:
    """Exact origins of web pages: https, or http on this machine. Raises CannotStart for anything else, `*` first."""
    found = listed(name)
    for one in found:
        parts = urlsplit(one)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"})
        if not secure or not parts.hostname or "*" in one or one != f"{parts.scheme}://{parts.netloc.lower()}":
            raise CannotStart(
                f"{name} has “{one}”; it takes exact origins such as https://app.example, and http://localhost:3000."
            )
    return frozenset(found)


def one_of(name: str, *choices: str) -> str:
    """One of these words, in any case; the first of them when nothing is said."""
    text = os.environ.get(name) or choices[0]
    if text.upper() not in choices:
        raise CannotStart(f"{name} is “{text}”; it can be {', '.join(choices)}.")
    return text.upper()


def together(needed: Mapping[str, str], beside: Mapping[str, str] | None = None) -> bool:
    """Whether these variables are set: all or none of them. Those beside make no sense without."""
    missing = [name for name, value in needed.items() if not value]
    if not missing:
        return True
    present = [name for name, value in {**needed, **(beside or {})}.items() if value]
    if present:
        raise CannotStart(f"{present[0]} is set and {', '.join(missing)} is not: set {', '.join(needed)}, or none.")
    return False


def redis(name: str) -> str:
    """The address of a Redis, or "". It may hold a password: what is wrong is told without it."""
    url = os.environ.get(name, "")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise CannotStart(f"{name} has to begin with redis://, rediss:// or unix://.")
    try:
        _port = urlsplit(url).port
    except ValueError:
        raise CannotStart(f"{name} does not name a port, as in redis://host:6379/0.") from None
    return url


def database(url: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?option=value`, as libpq reads it, in Django's words."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise CannotStart("DATABASE_URL has to begin with postgresql:// as Chameleon keeps everything in PostgreSQL.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "chameleon.database",
        "NAME": unquote(parts.path.lstrip("/")) or options.pop("dbname", "chameleon"),
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or options.pop("password", ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
    }


def secret_key(data: Path) -> str:
    """SECRET_KEY, or one made once and kept in the data folder for whoever runs on one machine."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    file = data / "secret_key"
    try:
        if not file.exists():
            _keep_new_secret(file)
        return file.read_text()
    except OSError as error:
        raise CannotStart(f"{file} cannot be kept: {error.strerror}. Set SECRET_KEY, or CHAMELEON_DATA.") from None


def _keep_new_secret(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"secret_key.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, file)  # of two programs that start together, one key wins for both
    except FileExistsError:
        pass
    draft.unlink()

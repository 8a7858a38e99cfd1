"""What can be wrong with an installation, each with what to do about it. Reads only."""

import asyncio
import os
import platform
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http.request import validate_host

from accounts.actions.arrivals import NOBODY
from accounts.management.ops import first_line
from accounts.models import Organization
from accounts.providers import providers
from accounts.roles import POWERS, is_role
from kit.database import connect, connection_parameters

State = Literal["ok", "warn", "fail", "skipped"]

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
ANSWER_SECONDS = 5.0
HEARTBEAT_SECONDS = 30  # procrastinate workers say so every 10 s
SKEW_SECONDS = 2.0
CHANNEL = "chameleon_doctor"
ANYBODY = {"https://github.com", "https://accounts.google.com"}  # where the whole world has accounts


class Finding(NamedTuple):
    """`says` is what was found, `mend` what to do when that is not well."""

    name: str
    state: State
    says: str
    mend: str = ""


def examine() -> list[Finding]:
    """Every check, in order. What builds on one that failed is skipped."""
    findings = [_examined(check) for check in ON_THEIR_OWN]
    for needed, checks in ((database, (migrations, notifications, clock)), (migrations, (roles, arrivals, worker))):
        failed = any(found.name == _name(needed) and found.state in {"fail", "skipped"} for found in findings)
        findings += [_skipped(check, needed) if failed else _examined(check) for check in checks]
    return findings


def python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "fail", f"This is Python {version}.", "Chameleon needs Python 3.11 or newer.")
    return Finding("python", "ok", version)


def secret_key() -> Finding:
    if os.environ.get("SECRET_KEY"):
        short = len(settings.SECRET_KEY) < 40
        mend = "Sessions can be forged with a key that can be guessed. Use 50 random characters."
        return Finding("secret key", "fail" if short else "ok", "set by SECRET_KEY", mend if short else "")
    file = Path(settings.DATA_DIR) / "secret_key"
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding("secret key", "fail", f"{file} can be read by other accounts.", f"chmod 600 {file}")
    return Finding("secret key", "ok", f"kept in {file}; set SECRET_KEY when there are several machines")


def addresses() -> Finding:
    address = urlsplit(settings.BASE_URL)
    host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname or ""
    if settings.DEBUG:
        return Finding("addresses", "warn", "Debugging is on.", "Unset CHAMELEON_DEBUG where others can reach it.")
    if "*" in settings.ALLOWED_HOSTS:
        return Finding("addresses", "warn", "Any host name is accepted.", "Name yours in CHAMELEON_HOSTS.")
    if host not in {"0.0.0.0", "[::]"} and not validate_host(host, settings.ALLOWED_HOSTS):  # noqa: S104  # nosec B104 -- told apart
        return Finding("addresses", "fail", f"{host} is not accepted as a host name.", f"Set CHAMELEON_HOSTS={host}")
    if address.scheme == "https" and not settings.HTTPS:
        mend = "Set CHAMELEON_HTTPS=1: cookies then travel over HTTPS only."
        return Finding("addresses", "warn", "People come by HTTPS, and cookies may leave without it.", mend)
    return Finding("addresses", "ok", f"{settings.BASE_URL}; accepted: {', '.join(settings.ALLOWED_HOSTS)}")


def sign_in() -> Finding:
    """Which ways in are on; whether anybody in the world may become a member by one of them."""
    ways = [f"{one.name} ({urlsplit(one.issuer).hostname})" for one in providers().values()]
    said = ", ".join([*(["password"] if settings.PASSWORDS else []), *ways])
    public = [one.name for one in providers().values() if one.issuer in ANYBODY]
    if public and settings.FIRST_ROLE != NOBODY and not settings.EMAIL_DOMAINS:
        mend = "Set CHAMELEON_EMAIL_DOMAINS to yours, or CHAMELEON_FIRST_ROLE=nobody."
        everybody = f"Whoever has an account at {' or '.join(public)} can become {settings.FIRST_ROLE}."
        return Finding("sign in", "warn", f"{said}. {everybody}", mend)
    return Finding("sign in", "ok", said)


def arrivals() -> Finding:
    """Where those who come by a provider for the first time go."""
    slug, role = settings.FIRST_ORGANIZATION, settings.FIRST_ROLE
    if not providers():
        return Finding("arrivals", "ok", "no provider is on; Admins make accounts")
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        return Finding("arrivals", "fail", f"There is no organization “{slug}”.", "Set CHAMELEON_ORGANIZATION.")
    if role != NOBODY and not is_role(role, organization.pk):
        return Finding("arrivals", "fail", f"There is no role “{role}”.", "Set CHAMELEON_FIRST_ROLE.")
    said = "nobody until invited" if role == NOBODY else f"{role} of {slug}"
    return Finding("arrivals", "ok", f"{said}; from {', '.join(settings.EMAIL_DOMAINS) or 'any address'}")


def data_folder() -> Finding:
    folder = Path(settings.DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as wrong:
        mend = "Give this account the folder, or set CHAMELEON_DATA to another."
        return Finding("data folder", "fail", f"{folder} cannot be written: {wrong.strerror}.", mend)
    return Finding("data folder", "ok", str(folder))


def static_files() -> Finding:
    if settings.WHITENOISE_USE_FINDERS:
        return Finding("static files", "ok", "served as they lie in the source")
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    mend = "Run manage.py collectstatic --noinput; bin/up does."
    if not manifest.exists():
        return Finding("static files", "fail", f"{settings.STATIC_ROOT} holds none.", mend)
    sources = (file for folder in settings.STATICFILES_DIRS for file in Path(folder).rglob("*") if file.is_file())
    if any(file.stat().st_mtime > manifest.stat().st_mtime for file in sources):
        return Finding("static files", "warn", "Some are newer than what was collected.", mend)
    return Finding("static files", "ok", str(settings.STATIC_ROOT))


def hint_carrier() -> Finding:
    """Redis, where live updates travel by it."""
    if not settings.REDIS_URL:
        return Finding("redis", "ok", "not used; live updates travel through Postgres")
    started = time.perf_counter()
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWER_SECONDS)
        version = client.info("server")["redis_version"]
        client.close()
    except (redis.RedisError, OSError, ValueError) as wrong:
        mend = "Start Redis, or unset REDIS_URL to let Postgres carry live updates."
        return Finding("redis", "fail", f"It does not answer: {first_line(wrong)}", mend)
    return Finding("redis", "ok", f"Redis {version}, {_milliseconds(started)}")


def database() -> Finding:
    started = time.perf_counter()
    # Not through Django's pool, which says after ten seconds that it got no connection, and not why.
    with psycopg.connect(**connection_parameters() | {"connect_timeout": int(ANSWER_SECONDS)}) as direct:
        asked = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')"
        number, encoding = direct.execute(asked).fetchone() or (0, "")
    version = number // 10_000
    said = f"PostgreSQL {version}.{number % 10_000}, {_milliseconds(started)}"
    if version < OLDEST_POSTGRES:
        return Finding("database", "fail", said, f"Chameleon needs PostgreSQL {OLDEST_POSTGRES} or newer.")
    if encoding != "UTF8":
        return Finding("database", "fail", f"{said}, encoding {encoding}", "Create the database with ENCODING 'UTF8'.")
    if version > NEWEST_POSTGRES:
        return Finding("database", "warn", said, f"Tested up to PostgreSQL {NEWEST_POSTGRES}.")
    return Finding("database", "ok", said)


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = [step for step, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        mend = "Run manage.py migrate."
        return Finding("migrations", "fail", f"{len(missing)} are missing, first {missing[0]}.", mend)
    return Finding("migrations", "ok", "all applied")


def roles() -> Finding:
    groups = dict(Group.objects.filter(name__in=POWERS).values_list("name", "pk"))
    missing = sorted(set(POWERS) - set(groups))
    if missing:
        return Finding("roles", "fail", f"There is no role {', '.join(missing)}.", "Run manage.py migrate.")
    for name, powers in POWERS.items():
        granted = Group.objects.get(pk=groups[name]).permissions.count()
        if granted != len(powers):
            mend = "Run manage.py migrate: it gives the shipped roles their powers."
            return Finding("roles", "fail", f"{name} has {granted} powers of {len(powers)}.", mend)
    if not Organization.objects.exists():
        return Finding("roles", "warn", "There is no organization yet.", "Run manage.py bootstrap.")
    return Finding("roles", "ok", ", ".join(POWERS))


def notifications() -> Finding:
    """Whether a NOTIFY comes back. A pooler that hands out another connection each time swallows it."""
    started = time.perf_counter()
    if not asyncio.run(_round_trip()):
        mend = "Connect to Postgres directly, or through a pooler in session mode: transaction mode drops LISTEN."
        return Finding("notifications", "fail", f"A NOTIFY did not come back within {ANSWER_SECONDS:.0f} s.", mend)
    return Finding("notifications", "ok", f"LISTEN and NOTIFY, {_milliseconds(started)}")


def worker() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers),"
            " (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            "  AND coalesce(scheduled_at, now() - interval '1 day') < now() - interval '1 minute')"
        )
        silent, waiting = cursor.fetchone()
    if silent is not None and silent < HEARTBEAT_SECONDS:
        late = f"; {waiting} jobs wait" if waiting else ""
        return Finding("worker", "ok", f"heard {silent:.0f} s ago{late}")
    mend = "Start the server (bin/up), or a worker of its own: manage.py procrastinate worker."
    said = "No worker runs: nothing expires, and no caller is told."
    return Finding("worker", "fail" if waiting else "warn", f"{said} {waiting} jobs wait.", mend)


def clock() -> Finding:
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
    here = before + (datetime.now(UTC) - before) / 2
    skew = (there - here).total_seconds()
    if abs(skew) > SKEW_SECONDS:
        said = f"The database is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}."
        return Finding("clock", "fail", said, "Deadlines depend on it: let NTP set the clocks of both machines.")
    return Finding("clock", "ok", f"agrees with the database within {max(abs(skew), 0.001):.3f} s")


ON_THEIR_OWN = (python, secret_key, addresses, sign_in, data_folder, static_files, hint_carrier, database)


def _examined(check: Callable[[], Finding]) -> Finding:
    """A check that itself fails is a finding, and keeps no other from being made."""
    try:
        return check()
    except Exception as wrong:  # whatever a sick installation throws
        mend = "Check DATABASE_URL; without one, bin/up starts a PostgreSQL of our own." if check is database else ""
        return Finding(_name(check), "fail", first_line(wrong), mend)


def _skipped(check: Callable[[], Finding], needed: Callable[[], Finding]) -> Finding:
    return Finding(_name(check), "skipped", f"needs the {_name(needed)}")


def _name(check: Callable[[], Finding]) -> str:
    return "redis" if check is hint_carrier else check.__name__.replace("_", " ")


async def _round_trip() -> bool:
    async with await connect(name="chameleon doctor") as listener, await connect(name="chameleon doctor") as speaker:
        await listener.execute(f"LISTEN {CHANNEL}")
        await speaker.execute("SELECT pg_notify(%s, 'ping')", [CHANNEL])
        async for _notice in listener.notifies(timeout=ANSWER_SECONDS, stop_after=1):
            return True
    return False


def _milliseconds(started: float) -> str:
    return f"{(time.perf_counter() - started) * 1_000:.1f} ms"

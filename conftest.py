"""The cast, and the clean-up that an append-only ledger needs."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, transaction
from django.test import Client, TransactionTestCase
from django.utils import timezone, translation
from psycopg.errors import DeadlockDetected
from redis import Redis

from accounts import actions as accounts
from accounts.models import Membership, Organization, Pilot
from accounts.queries import system_of
from accounts.rates import PREFIX
from accounts.roles import POWERS, grant_shipped_powers

# What migrations wrote and tests leave alone.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


@pytest.fixture(autouse=True, scope="session")
def _emptied_past_the_triggers() -> None:
    """Let the test runner empty the tables between transactional tests.

    The triggers that keep the ledger refuse that to everybody; a superuser's replication role is the one
    way past them, and only this uses it. DELETE, because TRUNCATE takes several times as long on tables of
    a few rows and waits for every connection that was left open. A page that was just closed may still write
    through the server, and of two that wait for each other Postgres sends one away.
    """

    def empty_once() -> None:
        tables = set(connection.introspection.table_names()) - KEPT
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(f'DELETE FROM "{table}"' for table in sorted(tables)))
            Group.objects.exclude(name__in=POWERS).delete()
            grant_shipped_powers()

    def empty(self: TransactionTestCase) -> None:
        for tries_left in reversed(range(5)):
            try:
                return empty_once()
            except OperationalError as error:
                if tries_left == 0 or not isinstance(error.__cause__, DeadlockDetected):
                    raise

    TransactionTestCase._fixture_teardown = empty


@pytest.fixture(autouse=True)
def _spoken_in_english() -> None:
    """A request in another language leaves it behind in its thread; a served one has a thread of its own."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet() -> None:
    """Redis keeps between tests how often somebody has tried; a database forgets it."""
    if settings.REDIS_URL:
        with Redis.from_url(settings.REDIS_URL) as redis:
            for bucket in redis.scan_iter(f"{PREFIX}*", count=1000):
                redis.delete(bucket)


@pytest.fixture
def organization(db: None) -> Organization:
    return accounts.create_organization("fjordbank", "Fjordbank")


@pytest.fixture
def elsewhere(db: None) -> Organization:
    return accounts.create_organization("elsewhere", "Elsewhere")


def member(organization: Organization, username: str, role: str, **about: str) -> Membership:
    system = system_of(organization.pk)
    pilot = accounts.create_pilot(username, actor=system, **about)
    granted = accounts.grant_role(pilot, role, actor=system)
    return Membership.objects.acting().get(pk=granted.pk)


@pytest.fixture
def ada(organization: Organization) -> Membership:
    """Operator: decides."""
    return member(organization, "ada", "Operator", name="Ada Nyström")


@pytest.fixture
def bo(organization: Organization) -> Membership:
    """The other Operator."""
    return member(organization, "bo", "Operator", name="Bo Lindqvist")


@pytest.fixture
def vi(organization: Organization) -> Membership:
    """Viewer: looks."""
    return member(organization, "vi", "Viewer", name="Vi Larsen")


@pytest.fixture
def max(organization: Organization) -> Membership:
    """Admin: may waive and change gates."""
    return member(organization, "max", "Admin", name="Max Keller")


@pytest.fixture
def cy(elsewhere: Organization) -> Membership:
    """Admin of another organization: a stranger here."""
    return member(elsewhere, "cy", "Admin", name="Cy Stranger")


@pytest.fixture
def sys(organization: Organization) -> Membership:
    """A machine that submits work."""
    return member(organization, "ci-runner", "Operator", name="CI runner", kind="system")


@pytest.fixture
def key_of(db: None) -> Callable[..., str]:
    """The text of a new key for a membership: `key_of(sys, "submit", "read")`."""

    def make(membership: Membership, *scopes: str) -> str:
        platform = membership.organization.platforms.earliest("pk")
        _key, text = accounts.create_key(
            membership,
            name="test",
            scopes=scopes or ("submit", "read", "decide"),
            actor=system_of(membership.organization_id),
            platform=platform,
        )
        return text

    return make


@pytest.fixture
def client_of(db: None) -> Callable[[Membership | None], Client]:
    """A signed-in browser of a member, or an anonymous one for None."""

    def make(membership: Membership | None) -> Client:
        client = Client()
        if membership is not None:
            client.force_login(membership.pilot, backend="django.contrib.auth.backends.ModelBackend")
            accounts.note_member_seen(membership)  # once a minute: no statement of the pages that tests count
        return client

    return make


@pytest.fixture
def root(db: None) -> Pilot:
    """Runs the installation; a member nowhere."""
    return Pilot.objects.create_superuser("root", name="Rita Root", password="a horse, a staple, a battery")


@pytest.fixture
def browser_of(db: None) -> Callable[[Pilot], Client]:
    """A browser of somebody who has just proven who they are."""

    def make(pilot: Pilot) -> Client:
        client = Client()
        client.force_login(pilot, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        proof = {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
        session["account_authentication_methods"] = [proof]
        session["account_authentication_methods_user"] = str(pilot.pk)
        session.save()
        return client

    return make

"""The doctor finds what is wrong, says how to mend it, and falls ill with nothing."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import override_settings

from accounts import actions as accounts
from chameleon import providers
from chameleon.management import checkup
from chameleon.management.checkup import Finding, examine


def states() -> dict[str, str]:
    return {finding.name: finding.state for finding in examine()}


@pytest.mark.django_db(transaction=True)
def test_a_healthy_installation_has_nothing_to_mend() -> None:
    found = states()

    assert [name for name, state in found.items() if state == "fail"] == []
    assert list(found) == [
        "python",
        "secret key",
        "addresses",
        "sign in",
        "data folder",
        "static files",
        "redis",
        "database",
        "migrations",
        "notifications",
        "clock",
        "roles",
        "arrivals",
        "worker",
    ]


@pytest.mark.django_db
def test_without_a_worker_it_warns_and_says_what_to_start() -> None:
    found = checkup.worker()

    assert found.state == "warn"
    assert "bin/up" in found.mend


@pytest.mark.django_db
def test_a_role_that_lost_a_power_is_found() -> None:
    operator = Group.objects.get(name="Operator")
    operator.permissions.remove(operator.permissions.all()[0])

    found = checkup.roles()

    assert (found.state, found.mend[:18]) == ("fail", "Run manage.py migr")


def test_a_host_name_that_would_be_refused_is_found() -> None:
    with override_settings(BASE_URL="https://decide.example.org", ALLOWED_HOSTS=["localhost"]):
        found = checkup.addresses()

    assert (found.state, found.mend) == ("fail", "Set CHAMELEON_HOSTS=decide.example.org")


def test_https_without_secure_cookies_is_found() -> None:
    with override_settings(
        BASE_URL="https://decide.example.org", ALLOWED_HOSTS=["decide.example.org"], HTTPS=False, DEBUG=False
    ):
        assert checkup.addresses().state == "warn"


@pytest.fixture
def github_is_on(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("GITHUB_CLIENT_ID", "chameleon")
    monkeypatch.setenv("GITHUB_CLIENT_SECRET", "a secret")
    settings.PROVIDERS = providers.in_force()


def test_the_ways_in_are_named_without_their_secrets(github_is_on: None, settings: Any) -> None:
    settings.EMAIL_DOMAINS = ["fjordbank.example"]
    found = checkup.sign_in()

    assert (found.state, found.says) == ("ok", "password, GitHub (github.com)")


def test_a_door_that_is_open_to_the_whole_world_is_found(github_is_on: None, settings: Any) -> None:
    found = checkup.sign_in()
    assert (found.state, "can become Operator" in found.says) == ("warn", True)

    settings.FIRST_ROLE = "nobody"
    assert checkup.sign_in().state == "ok"


@pytest.mark.django_db
def test_people_who_would_arrive_nowhere_are_found(github_is_on: None, settings: Any) -> None:
    assert checkup.arrivals().says == "There is no organization “default”."

    accounts.create_organization("default", "Default")
    settings.FIRST_ROLE = "Captain"
    assert checkup.arrivals().says == "There is no role “Captain”."

    settings.FIRST_ROLE = "Viewer"
    assert (checkup.arrivals().state, checkup.arrivals().says) == ("ok", "Viewer of default; from any address")


def test_a_data_folder_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.touch()
    with override_settings(DATA_DIR=file / "data"):
        assert checkup.data_folder().state == "fail"


def test_a_secret_key_that_others_can_read_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    file = tmp_path / "secret_key"
    file.write_text("x" * 60)
    file.chmod(0o644)
    with override_settings(DATA_DIR=tmp_path):
        assert checkup.secret_key().mend == f"chmod 600 {file}"
        file.chmod(0o600)
        assert checkup.secret_key().state == "ok"


def test_a_redis_that_is_away_is_found() -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        assert checkup.hint_carrier().state == "fail"


def test_files_that_were_never_collected_are_found(tmp_path: Path) -> None:
    with override_settings(WHITENOISE_USE_FINDERS=False, STATIC_ROOT=tmp_path):
        assert checkup.static_files().state == "fail"


def test_without_a_database_the_rest_is_skipped_and_it_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "connection_parameters", lambda: {"host": "127.0.0.1", "port": 1, "user": "nobody"})

    found = states()

    assert found["database"] == "fail"
    assert {found[name] for name in ("migrations", "notifications", "clock", "roles", "arrivals", "worker")} == {
        "skipped"
    }


def test_something_to_mend_ends_the_command_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "chameleon.management.commands.doctor.examine",
        lambda: [Finding("clock", "fail", "It stands still.", "Wind it up."), Finding("python", "ok", "3.11")],
    )
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)

    assert ended.value.code == 1
    assert json.loads(out.getvalue())["checks"][0] == {
        "name": "clock",
        "state": "fail",
        "says": "It stands still.",
        "mend": "Wind it up.",
    }

"""Roles, who has them, and the rules of a directory, as a file that people write: TOML."""

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import CommandError

from accounts.directory import Rule


class RoleText(msgspec.Struct, forbid_unknown_fields=True):
    """A role: these powers, and those of the role it is like."""

    title: str
    powers: list[str] = []
    like: str = ""
    description: str = ""


class MemberText(msgspec.Struct, forbid_unknown_fields=True):
    """Who has which role everywhere, and which other ones on platforms, by their short names."""

    pilot: str
    role: str = "Limited"
    on: dict[str, str] = {}


class RuleText(msgspec.Struct, forbid_unknown_fields=True):
    looks_at: str
    value: str
    role: str
    provider: str = "any"
    platform: str = ""

    def as_rule(self, number: int) -> Rule:
        return Rule(number, self.provider, self.looks_at, self.value.strip(), self.role, self.platform)


class RoleFile(msgspec.Struct, forbid_unknown_fields=True):
    role: list[RoleText] = []
    member: list[MemberText] = []
    rule: list[RuleText] = []

    @property
    def rules(self) -> list[Rule]:
        return [one.as_rule(number) for number, one in enumerate(self.rule, 1)]


def read_role_file(path: str) -> RoleFile:
    """Raises CommandError with what is wrong with the file."""
    try:
        return msgspec.convert(tomllib.loads(Path(path).read_text()), RoleFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise CommandError(f"{path} cannot be read as a file of roles: {wrong}") from wrong


def as_toml(rules: list[Rule]) -> str:
    """The rules as `read_role_file` reads them. A JSON string is a string of TOML."""
    return "\n".join(_table(rule._asdict()) for rule in rules)


def _table(rule: dict[str, Any]) -> str:
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in rule.items() if name != "number" and value]
    return "".join(["[[rule]]\n", *lines])

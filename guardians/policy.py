"""A gate ready to judge: its settings, its guardians compiled, and what a judged unit keeps of both."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from guardians import registry
from guardians.models import Gate, GuardianVersion, Mode, OnBlock
from guardians.registry import Judgement, Member, Together
from guardians.verdicts import UnitSnapshot
from kit.database import OrmThreads
from kit.errors import BadInput
from live.fresh import Fresh
from live.hub import on_hint

PASSED, ROUTED, HELD, BLOCKED = "passed", "routed", "held", "blocked"


@dataclass(frozen=True, slots=True)
class Standing:
    """A guardian at its gate: enforced for its share of the units, only recorded for the rest."""

    enforced: Member
    recorded: Member
    percent: int

    def for_unit(self, external_id: str) -> Member:
        share = 0 if self.percent >= 100 else _share_of(self.enforced.name, external_id)
        return self.enforced if share < self.percent else self.recorded


@dataclass(frozen=True, slots=True)
class Policy:
    """What judges units at one gate, from one reading of its configuration."""

    gate: Gate
    standing: tuple[Standing, ...]
    snapshot: tuple[dict[str, Any], ...]  # the guardian versions, as a unit keeps them
    together: Together

    def judge(self, unit: UnitSnapshot, now: datetime) -> dict[str, Any]:
        """The verdict a unit keeps: the outcome, who decided it and why, and what every guardian said."""
        members = [one.for_unit(unit.external_id) for one in self.standing]
        judgement = registry.judge_all(members, unit, self.gate.operator, now, self.together)
        by = judgement.decided_by
        evidence = next((said.evidence for said in judgement.verdicts if by and said.name == by.name), {})
        return {
            "outcome": self._outcome(judgement),
            "guardian": f"{by.name} v{by.version}" if by else None,
            "reason": judgement.reason,
            "evidence": evidence,
            "directions": judgement.directions,
            "guardians": judgement.verdicts,
        }

    def _outcome(self, judgement: Judgement) -> str:
        if judgement.allowed:
            return ROUTED if judgement.directions else PASSED
        by = judgement.decided_by
        on_block = (by.on_block if by else "") or self.gate.on_block
        return BLOCKED if on_block == OnBlock.REJECT else HELD


def policy_at(organization_id: int, slug: str) -> Policy:
    """The gate of that name. Raises BadInput where there is none."""
    return _found(slug, _known.now((organization_id, slug)))


async def policy_in_loop(organization_id: int, slug: str, threads: OrmThreads) -> Policy:
    """The same for the event loop, which must not wait for a database."""
    return _found(slug, await _known.get((organization_id, slug), threads))


def _found(slug: str, policy: Policy | None) -> Policy:
    if policy is None:
        raise BadInput.field("gate", f"there is no gate “{slug[:80]}”")
    return policy


def _load(key: tuple[int, str]) -> Policy | None:
    organization_id, slug = key
    if not slug.isascii() or "\x00" in slug:  # no slug, and maybe nothing Postgres takes: it must not fail a batch
        return None
    gate = Gate.objects.filter(organization_id=organization_id, slug=slug).first()
    if gate is None:
        return None
    versions = GuardianVersion.objects.filter(guardian__gate=gate).in_force().select_related("guardian")
    current = [version for version in versions if version.mode != Mode.OFF]
    standing = tuple(map(_standing, current))
    return Policy(gate, standing, tuple(map(_as_kept, current)), Together([one.enforced.guardian for one in standing]))


_known: Fresh[tuple[int, str], Policy] = Fresh(_load)


def _standing(version: GuardianVersion) -> Standing:
    enforced = Member(
        name=version.guardian.name,
        version=version.number,
        guardian=registry.load(version.type, version.config),
        on_block=version.on_block,
    )
    percent = version.percent if version.mode == Mode.ENFORCE else 0
    return Standing(enforced, msgspec.structs.replace(enforced, shadow=True), percent)


def _as_kept(version: GuardianVersion) -> dict[str, Any]:
    return {
        "guardian": version.guardian.name,
        "version": version.number,
        "id": version.pk,
        "type": version.type,
        "mode": version.mode,
        "percent": version.percent,
    }


def _share_of(guardian: str, external_id: str) -> int:
    """0 to 99, the same for the same unit at every try, and independent between guardians."""
    digest = hashlib.sha256(f"{guardian}\n{external_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100


def _forget(slug: str | None, organization_id: int | None) -> None:
    _known.forget(None if slug is None or organization_id is None else (organization_id, slug))


on_hint("guardians.gate", _forget)

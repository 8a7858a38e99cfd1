"""One case for each action: what it leaves behind, and whom it refuses."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from kit.errors import NotAllowed, NotThere, Problem

Cast = SimpleNamespace
Deed = Callable[..., Any]  # called with actor=

QUESTION = {"interventions.queue", "interventions.detail", "interventions.counts", "interventions.program"}
UNIT = {"work.unit"}
TOLD = {"interventions.told"}  # a word to whom it concerns


@dataclass
class Case:
    """`ready` sets the scene and returns the deed. None: that person is no case here."""

    ready: Callable[[Cast], Deed]
    lines: list[str]
    hints: set[str]
    actor: str = "ada"
    viewer: type[Problem] | None = NotAllowed
    stranger: type[Problem] | None = NotThere

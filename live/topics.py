"""What can be listened to. Apps declare topics here; the hub does the rest."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.requests import Actor

MayListen = Callable[[Actor, str], bool]
Audience = Callable[[Actor], Hashable]
Render = Callable[[int, list[str], Any], Mapping[str, Any]]
Missed = Callable[[Actor, str, datetime], list[str] | None]
Call = Callable[[Actor, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to listen to. All functions are plain ORM code; the hub runs them in threads.

    A listener of (topic, "") hears every key of its organization, a listener of (topic, "x") only "x".

    may_listen  asked at subscription and again whenever the listener's membership changes
    audience    everything about the actor that changes what `render` says: organization, powers, platforms
    render      organization, changed keys, audience -> {key: value}; None = gone for you, left out = say nothing.
                Called once per audience, with its language active. For programs the value is a list of frames
    missed      the keys that changed since then, or None when there are too many to tell
    program     for the program protocol instead of for browsers
    every       seconds between renderings of key "" nobody had to announce, while somebody listens
    """

    name: str
    may_listen: MayListen
    audience: Audience
    render: Render
    missed: Missed
    program: bool = False
    every: float | None = None


_topics: dict[str, Topic] = {}
_calls: dict[str, Call] = {}


def register(topic: Topic) -> None:
    """Declare a topic, from the app's `ready()`. A second one of the same name is a mistake."""
    if topic.name in _topics:
        raise ValueError(f"The topic {topic.name} is already registered.")
    _topics[topic.name] = topic


def find(name: str) -> Topic | None:
    return _topics.get(name)


def program_topics() -> list[Topic]:
    """What a program hears after `subscribe`."""
    return [topic for topic in _topics.values() if topic.program]


def register_call(name: str, call: Call) -> None:
    """Let programs ask a question: `call(actor, frame)` answers the frame of this type, in a thread."""
    if name in _calls:
        raise ValueError(f"The call {name} is already registered.")
    _calls[name] = call


def find_call(name: str) -> Call | None:
    return _calls.get(name)

"""The JSON that crosses the socket, in both protocols, both ways."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from django.utils.translation import gettext as _

from kit.canonical import check_json
from kit.errors import Problem

LARGEST_FRAME = 64 * 1024  # characters
# A transaction that began before a cursor may commit after it. What is rendered twice does no harm.
OVERLAP = timedelta(seconds=10)

T = TypeVar("T")

CODES = {
    400: "bad_frame",
    401: "unauthenticated",
    403: "not_allowed",
    404: "not_there",
    409: "refused",
    413: "too_large",
    422: "bad_input",
    429: "slow_down",
    500: "internal",
    503: "unavailable",
}

Name = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[^\x00]+\Z")]
Key = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Listen(msgspec.Struct, tag="listen", tag_field="type", frozen=True):
    topic: Name
    key: Key = ""
    since: Moment | None = None
    language: Name | None = None


class Unlisten(msgspec.Struct, tag="unlisten", tag_field="type", frozen=True):
    topic: Name
    key: Key = ""


class Ping(msgspec.Struct, tag="ping", tag_field="type", frozen=True):
    pass


class Subscribe(msgspec.Struct, frozen=True):
    """A program's; its other frames are read by the calls that answer them."""

    since: Moment | None = None


class Auth(msgspec.Struct, frozen=True):
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]


class BadFrame(Exception):
    """What came is not a frame. The socket lives on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


_browser = msgspec.json.Decoder(Listen | Unlisten | Ping)
_anything = msgspec.json.Decoder(Any)


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    return stamp(datetime.now(UTC))


def cursor(moment: datetime | None = None) -> str:
    """What a page or a program may later give as `since`: all that committed before this moment is covered."""
    return stamp((moment or datetime.now(UTC)) - OVERLAP)


def read_browser_frame(text: str | None) -> Listen | Unlisten | Ping:
    frame: Listen | Unlisten | Ping = _read(_browser, text)
    return frame


def read_program_frame(text: str | None) -> dict[str, Any]:
    """A JSON object with a `type`, bounded in size and depth."""
    frame = _read(_anything, text)
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise BadFrame("bad_frame", _("A frame is a JSON object with a text named “type”."))
    try:
        check_json(frame, "frame")
    except Problem as problem:
        raise BadFrame("bad_frame", problem.sentence) from problem
    return frame


def convert(frame: Mapping[str, Any], shape: type[T]) -> T:
    """A program's frame in the shape it must have."""
    try:
        return msgspec.convert(frame, shape)
    except msgspec.ValidationError as wrong:
        raise BadFrame("bad_frame", str(wrong)) from wrong


def write(frame: Mapping[str, Any]) -> str:
    return msgspec.json.encode(frame, enc_hook=_plain).decode()


def error(code: str, detail: str, **members: Any) -> str:
    return write({"type": "error", "code": code, "detail": detail, **members})


def refusal(problem: Problem, **members: Any) -> str:
    """What an action or a topic refused, as an error frame."""
    if problem.errors:
        members["errors"] = problem.errors
    return error(CODES.get(problem.status, "refused"), problem.sentence, **members)


def fragments(topic: str, items: Mapping[str, Any], at: str) -> list[str]:
    """For browsers: one frame with everything that changed."""
    return [write({"type": "fragments", "topic": topic, "at": at, "items": items})] if items else []


def pushes(items: Mapping[str, Sequence[Mapping[str, Any]] | None], at: str) -> list[str]:
    """For programs: each frame by itself."""
    return [write({**frame, "at": at}) for frames in items.values() for frame in frames or ()]


def reload(topic: str, at: str, *, within: int) -> str:
    """Too much to tell: fetch it yourself, at a random moment of these seconds so that not all come at once."""
    return write({"type": "reload", "topic": topic, "at": at, "within": within})


def _read(decoder: msgspec.json.Decoder[Any], text: str | None) -> Any:
    if text is None:
        raise BadFrame("not_text", _("Frames are text, not binary."))
    if len(text) > LARGEST_FRAME:
        raise BadFrame("too_large", _("A frame has at most 65,536 characters."))
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as wrong:
        raise BadFrame("bad_frame", str(wrong)) from wrong
    except RecursionError as deep:
        raise BadFrame("bad_frame", _("The frame is nested too deeply.")) from deep
    except (msgspec.DecodeError, UnicodeError) as wrong:
        raise BadFrame("not_json", _("The frame is not JSON.")) from wrong


def _plain(value: Any) -> str:
    """Django's safe and lazy texts are texts."""
    # str() of a SafeString is that SafeString again.
    return str.__str__(value) if isinstance(value, str) else str(value)

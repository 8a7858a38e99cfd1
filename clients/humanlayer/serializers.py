"""What a HumanLayer client sends, and the unit or question it becomes.

Field by field as in the client's own models (humanlayer 0.7.9, humanlayer/core/models.py). Fields we do
not know are ignored, as its own server does.
"""

import re
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from guardians.models import Kind
from intake.serializers import DialectUnit
from interventions.actions import Question
from kit.canonical import canonical_and_hash
from kit.errors import BadInput, Malformed
from work.models import Priority

CLIENT = "humanlayer"  # how a stored dialect says whose it is

ENVELOPE_BYTES = 64 * 1024
TITLE = 300

T = TypeVar("T", bound=msgspec.Struct)

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Words = Annotated[str, Meta(max_length=10_000)]


class ResponseOption(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    title: Annotated[str, Meta(max_length=200)] | None = None
    description: Annotated[str, Meta(max_length=2_000)] | None = None
    prompt_fill: Words | None = None
    interactive: bool = False


Options = Annotated[list[ResponseOption], Meta(max_length=20)]


class FunctionCallSpec(msgspec.Struct, frozen=True):
    fn: Name
    kwargs: dict[str, Any]
    channel: dict[str, Any] | None = None
    reject_options: Options | None = None
    state: Any = None


class FunctionCall(msgspec.Struct, frozen=True):
    run_id: Name
    call_id: Name
    spec: FunctionCallSpec


class HumanContactSpec(msgspec.Struct, frozen=True):
    msg: Annotated[str, Meta(min_length=1, max_length=20_000)]
    subject: Annotated[str, Meta(max_length=TITLE)] | None = None
    channel: dict[str, Any] | None = None
    response_options: Options | None = None
    state: Any = None


class HumanContact(msgspec.Struct, frozen=True):
    run_id: Name
    call_id: Name
    spec: HumanContactSpec


class FunctionCallAnswer(msgspec.Struct, frozen=True):
    """The part of a FunctionCallStatus that a responder fills in."""

    approved: bool | None = None
    comment: Words | None = None
    reject_option_name: str | None = None


class HumanContactAnswer(msgspec.Struct, frozen=True):
    """The part of a HumanContactStatus that a responder fills in."""

    response: Words | None = None
    response_option_name: str | None = None


class Recipient(msgspec.Struct, frozen=True):
    address: Annotated[str, Meta(max_length=320)]


class Escalation(msgspec.Struct, frozen=True):
    escalation_msg: Annotated[str, Meta(min_length=1, max_length=5_000)]
    additional_recipients: Annotated[list[Recipient], Meta(max_length=20)] | None = None


_MISSING = re.compile(r"missing required field `([^`]+)`")


def read(shape: type[T], body: bytes) -> T:
    """The body as one of these. Raises Malformed, or BadInput naming the field in the client's words."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as wrong:
        what, _, path = str(wrong).partition(" - at ")
        missing = _MISSING.search(what)
        field = ".".join(part for part in (path.strip("`$."), missing[1] if missing else "") if part)
        raise BadInput.field(field or "body", "is missing" if missing else what[0].lower() + what[1:]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Malformed(f"The body is not valid JSON: {wrong}.") from None
    except RecursionError:
        raise Malformed("The body is nested too deep.") from None


def as_unit(call: FunctionCall, gate: str) -> DialectUnit:
    """The function call as a unit of work: what would run is exactly `fn` and `kwargs`."""
    spec = call.spec
    _check_names(spec.reject_options, "spec.reject_options")
    canonical_and_hash(spec.kwargs, "spec.kwargs")  # names the client's field, where the unit would name its own
    runs = {"fn": spec.fn, "kwargs": spec.kwargs}
    return DialectUnit(
        gate=gate,
        external_id=call.call_id,
        title=_shortened(f"Run {spec.fn}({', '.join(spec.kwargs)})"),
        description=_told_of_call(call),
        attributes=runs,
        proposed=runs,
        requested_by=call.run_id,
        dialect=_envelope(call.run_id, channel=spec.channel, reject_options=spec.reject_options, state=spec.state),
    )


def as_question(contact: HumanContact) -> Question:
    """The question as one of ours: by option where it offers options, else in words."""
    spec = contact.spec
    _check_names(spec.response_options, "spec.response_options")
    first_line = spec.msg.strip().partition("\n")[0]
    title = _shortened(spec.subject or first_line or "Question from an agent")
    options: list[dict[str, Any]] = msgspec.to_builtins(spec.response_options or [])
    return Question(
        kind=Kind.CLARIFICATION,
        title=title,
        description="\n\n".join([*([] if spec.msg.strip() == title else [spec.msg]), *_explained(options)]),
        context={"run_id": contact.run_id},
        priority=Priority.HIGH,
        requested_by=contact.run_id,
        external_id=contact.call_id,
        answer_schema=_answer_schema(options) if options else None,
        dialect=_envelope(
            contact.run_id,
            msg=spec.msg,
            subject=spec.subject,
            channel=spec.channel,
            response_options=spec.response_options,
            state=spec.state,
        ),
    )


def reason_of(answer: FunctionCallAnswer, dialect: dict[str, Any] | None) -> str:
    """A refusal as the reason a pilot would have written: the option, if one was chosen, then the comment."""
    comment = answer.comment or ""
    if answer.reject_option_name is None:
        return comment
    _check_offered(answer.reject_option_name, dialect, "reject_option")
    return f"{answer.reject_option_name}: {comment}" if comment else answer.reject_option_name


def answer_of(answer: HumanContactAnswer, dialect: dict[str, Any] | None) -> str | dict[str, str]:
    """An answer in the shape that `as_question` asked for."""
    if answer.response_option_name is not None:
        _check_offered(answer.response_option_name, dialect, "response_option")
        words = {"response": answer.response} if answer.response else {}
        options = _options_in(dialect, "response_options")
        chosen = next(label for option, label in labelled(options) if option["name"] == answer.response_option_name)
        return {"option": chosen, **words}
    if not (answer.response or "").strip():
        raise BadInput.field("response", "an answer cannot be empty")
    return {"response": answer.response or ""} if _options_in(dialect, "response_options") else answer.response or ""


def labelled(options: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Each stored option with what a pilot chooses it by: its title, unless two would read the same."""
    titles = [option["title"] or option["name"] for option in options]
    labels = titles if len(set(titles)) == len(titles) else [option["name"] for option in options]
    return list(zip(options, labels, strict=True))


def escalation_message(escalation: Escalation) -> str:
    """What a pilot reads. Whom the caller would have mailed is told; mail is not sent from here."""
    copied = ", ".join(recipient.address for recipient in escalation.additional_recipients or ())
    return f"{escalation.escalation_msg} (for {copied})" if copied else escalation.escalation_msg


def _check_offered(name: str, dialect: dict[str, Any] | None, kind: str) -> None:
    if name not in [option["name"] for option in _options_in(dialect, f"{kind}s")]:
        raise BadInput.field(f"{kind}_name", "the request offers no option of that name")


def _options_in(dialect: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    return (dialect or {}).get("spec", {}).get(name) or []


def _check_names(options: list[ResponseOption] | None, field: str) -> None:
    names = [option.name for option in options or ()]
    if len(set(names)) != len(names):
        raise BadInput.field(field, "every option needs a name of its own")


def _envelope(run_id: str, **spec: Any) -> dict[str, Any]:
    """What the client gets back as it sent it, its secrets left out: they are neither needed nor kept."""
    spec["channel"] = without_secrets(spec["channel"])
    envelope = {"client": CLIENT, "run_id": run_id, "spec": msgspec.to_builtins(spec)}
    text, _digest = canonical_and_hash(envelope, "spec")
    if len(text) > ENVELOPE_BYTES:
        raise BadInput.field("spec", "channel, options and state have at most 64 KiB together")
    return envelope


_SECRET = re.compile(r"token|secret|password|passwd|credential|api_?key|private_?key|signature", re.IGNORECASE)


def without_secrets(value: Any) -> Any:
    """A channel without its bot_token and whatever else is named like a secret."""
    if isinstance(value, dict):
        return {key: None if _SECRET.search(key) else without_secrets(item) for key, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _told_of_call(call: FunctionCall) -> str:
    told = [f"The agent run {_code(call.run_id)} asks to call {_code(call.spec.fn)}."]
    if not call.spec.kwargs:
        # The SDK sends keyword arguments only (humanlayer 0.7.9, core/approval.py, _approve_with_backend).
        told.append("It sent no arguments by name. Arguments by position are never sent, and may exist.")
    options = call.spec.reject_options or ()
    rows = [f"- {_code(option.name)}{_about(option)}" for option in options]
    if rows:
        told += ["Begin the reason of a rejection with one of these names:", "\n".join(rows)]
    return "\n\n".join(told)


def _about(option: ResponseOption) -> str:
    said = [text for text in (option.title, option.description) if text]
    return f" {' – '.join(said)}" if said else ""


def _explained(options: list[dict[str, Any]]) -> list[str]:
    """What the choices mean, as far as it was said."""
    rows = [f"- {_code(label)} {option['description']}" for option, label in labelled(options) if option["description"]]
    return ["\n".join(rows)] if rows else []


def _answer_schema(options: list[dict[str, Any]]) -> dict[str, Any]:
    """An option, words of one's own, or both."""
    return {
        "type": "object",
        "properties": {
            "option": {"type": "string", "title": "Answer", "enum": [label for _option, label in labelled(options)]},
            "response": {"type": "string", "title": "In your own words", "maxLength": 10_000},
        },
        "minProperties": 1,
        "additionalProperties": False,
    }


def _code(text: str) -> str:
    """Verbatim in Markdown, whatever the client called it."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def _shortened(text: str) -> str:
    return text if len(text) <= TITLE else f"{text[: TITLE - 1]}…"

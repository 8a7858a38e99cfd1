"""What a guardian found, in words: `{% evidence said.evidence %}`, whatever its type."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chameleon.templatetags.clocks import timespan
from chameleon.templatetags.trees import leaf
from chameleon.templatetags.ui import icon

register = template.Library()

MOST_TOLD = 50
MOST_DEPTH = 8

HEADS = {
    "children": gettext_lazy("Children"),
    "account": gettext_lazy("All accounted for"),
    "age": gettext_lazy("Age"),
}
CONDITIONS = {
    "equals": gettext_lazy("equal to"),
    "not_equals": gettext_lazy("other than"),
    "gt": gettext_lazy("more than"),
    "gte": gettext_lazy("at least"),
    "lt": gettext_lazy("less than"),
    "lte": gettext_lazy("at most"),
    "contains": gettext_lazy("containing"),
    "not_contains": gettext_lazy("not containing"),
    "in": gettext_lazy("one of"),
    "exists": gettext_lazy("that it is there"),
    "not_exists": gettext_lazy("that it is not there"),
}


class Proof(NamedTuple):
    """One thing a guardian looked at, and what it found. `allowed` is None where it is no judgement by itself."""

    about: Any
    words: Any
    allowed: bool | None = None


@register.simple_tag
def evidence(found: dict[str, Any]) -> SafeString:
    """A line for each thing that was looked at; "" where nothing can be said of it in words."""
    told = list(_proofs(found, 0))[:MOST_TOLD]
    if not told:
        return SafeString("")
    return format_html('<dl class="proof">{}</dl>', format_html_join("", "{}", ((_line(one),) for one in told)))


def _line(proof: Proof) -> SafeString:
    mark = "" if proof.allowed is None else icon("ok" if proof.allowed else "alert", "sm")
    state = {True: "yes", False: "no", None: ""}[proof.allowed]
    spoken = {True: _("allowed:"), False: _("not allowed:"), None: ""}[proof.allowed]
    return format_html(
        '<dt data-proof="{}">{}{}</dt><dd>{}</dd>',
        state,
        mark,
        proof.about,
        format_html('<span class="sr">{} </span>{}', spoken, proof.words) if spoken else proof.words,
    )


def _proofs(found: dict[str, Any], depth: int) -> Iterator[Proof]:
    yield from _faults(found)
    for head, words in HEADS.items():
        if isinstance(found.get(head), dict):
            yield Proof(words, found[head].get("reason", ""), allowed=bool(found[head].get("allowed")))
    for name, (about, tell) in TOLD.items():
        if name in found:
            yield Proof(about, tell(found))
    for name in ("error", "failure"):
        if found.get(name):
            yield Proof(_("Could not be judged"), found[name], allowed=False)
    yield from _members(found, depth)


def _faults(found: dict[str, Any]) -> Iterator[Proof]:
    for rule in _dicts(found.get("failed")):
        yield Proof(_name(rule.get("field")), _rule(rule), allowed=False)
    for fault in _dicts(found.get("failures")):
        yield Proof(_name(fault.get("path") or _("attributes")), fault.get("problem", ""), allowed=False)
    if found.get("more"):
        yield Proof("…", _("There are more faults than are kept."))


def _members(found: dict[str, Any], depth: int) -> Iterator[Proof]:
    for member in _dicts(found.get("members")):
        allowed, inner = bool(member.get("allowed")), member.get("evidence")
        yield Proof(_name(member.get("name") or member.get("type")), member.get("reason", ""), allowed)
        if depth < MOST_DEPTH and isinstance(inner, dict) and not allowed:
            yield from _proofs(inner, depth + 1)


def _rule(rule: dict[str, Any]) -> SafeString:
    condition = CONDITIONS.get(str(rule.get("condition")), rule.get("condition", ""))
    wanted = format_html("{} {}", condition, leaf(rule["value"])) if "value" in rule else condition
    if "found" not in rule:
        return format_html("{} {} {}", rule.get("reason", ""), _("Wanted:"), wanted)
    return format_html("{} {} {}", leaf(rule["found"]), _("but wanted:"), wanted)


def _age(found: dict[str, Any]) -> str:
    said = {"age": timespan(found["age_seconds"]), "most": timespan(found.get("max_age_seconds"))}
    return _("%(age)s old, at most %(most)s allowed") % said


TOLD = {
    "age_seconds": (gettext_lazy("Age"), _age),
    "found": (gettext_lazy("Found"), lambda found: leaf(found["found"])),
    "expression": (gettext_lazy("Rule"), lambda found: format_html("<code>{}</code>", found["expression"])),
}


def _name(words: object) -> SafeString:
    return format_html('<span class="mono">{}</span>', words)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

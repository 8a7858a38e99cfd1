"""What every body is made of: a JSON object that knows its members, and fields that take no value for another."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

WORDS = 10_000


class Text(serializers.CharField):
    """Text as it was sent: REST framework would take a number for text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Whole(serializers.IntegerField):
    """A whole number, not a text or a boolean that looks like one."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Word(serializers.ChoiceField):
    """One of a few words; the refusal names them."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(_("Choose one of: %(known)s.") % {"known": ", ".join(self.choices)})
        return data


class Reference(serializers.UUIDField):
    """A UUID in its usual spelling; REST framework would take any integer for one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Body(serializers.Serializer[Any]):
    """A JSON object. A member nobody knows is refused: a mistyped `expires_in` must not mean "a day".

    null means the same as leaving the member out.
    """

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name[:100]: [_("There is no such field.")] for name in unknown[:20]})
        return super().to_internal_value({name: value for name, value in data.items() if value is not None})

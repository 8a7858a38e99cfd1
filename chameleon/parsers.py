"""The one way a JSON body comes in through Django: bounded, strictly JSON, strictly UTF-8."""

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from intake.serializers import BODY_BYTES
from kit.canonical import check_json
from kit.errors import Malformed, TooLarge


class StrictJSONParser(BaseParser):
    """Standard library JSON takes NaN, half surrogates and any depth; this takes what every other program can read."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _kind, about = parse_header_parameters(media_type or "")
        if about.get("charset", "utf-8").lower() != "utf-8":
            raise UnsupportedMediaType(media_type or "", _("JSON is UTF-8; send it without another charset."))
        text = stream.read(BODY_BYTES + 1)
        if len(text) > BODY_BYTES:
            raise TooLarge(_("A body holds at most 1 MiB."))
        body = _read(text)
        for name, value in body.items() if isinstance(body, dict) else [("body", body)]:
            check_json(value, name[:100])
        return body


def _read(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise Malformed(_("The body is not valid JSON: %(why)s.") % {"why": wrong}) from None
    except RecursionError:
        raise Malformed(_("The body is nested too deep.")) from None

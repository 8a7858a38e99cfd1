"""What is drawn once for everybody: it must not be able to tell one pilot of another."""

import re

import pytest
from django.utils import translation

from chameleon.templatetags.constant import constant
from tests.house import ROOT

PARTS = re.findall(r'{% constant "([\w/.-]+)" %}', (ROOT / "templates" / "base.html").read_text())


@pytest.mark.parametrize("part", PARTS)
def test_a_part_for_everybody_takes_nothing_from_the_request(part):
    text = (ROOT / "templates" / part).read_text()

    named = set(re.findall(r"{{|{% (\w+)", text))
    assert named <= {
        "load",
        "comment",
        "endcomment",
        "translate",
        "blocktranslate",
        "endblocktranslate",
        "icon",
        "url",
        "static",
    }


def test_each_language_has_its_own():
    with translation.override("de"):
        german = constant("_keys.html")
    with translation.override("en"):
        english = constant("_keys.html")

    assert "Tasten" in german
    assert "Tasten" not in english

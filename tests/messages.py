"""Every string that is translated, and the catalogues in locale/ that hold its translations.

`bin/messages` renews the catalogues; tests/test_translations.py holds them to be complete. Both read the code by this
module, so neither needs GNU gettext: a machine that has Python can do all of it.
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from babel.messages import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.house import APPS, ROOT

LOCALE = ROOT / "locale"
LANGUAGES = ("de", "fr", "es")

_TAKES = {"gettext": (1,), "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
KEYWORDS = {"_": (1,), "gettext_noop": (1,)} | {
    name + late: takes for name, takes in _TAKES.items() for late in ("", "_lazy")
}
_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)", re.DOTALL)
# Speaks to whoever runs the server, on a terminal and in a log; those stay in one language.
_UNTRANSLATED = {"tests", "migrations", "management", "postgres"}


class Words(NamedTuple):
    """What makes a message one and the same: its text, its plural and its context."""

    one: str
    many: str = ""
    context: str = ""


class Plain(Catalog):
    """Without the dates and names in the head that would make every run a change."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def python_files() -> list[Path]:
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    return [path for path in found if not _UNTRANSLATED & set(path.relative_to(ROOT).parts)]


def template_files() -> list[Path]:
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".js"})


def messages() -> dict[Words, set[str]]:
    """Every message of the code, with the files it is said in."""
    found: dict[Words, set[str]] = {}
    for read, paths in ((in_python, python_files()), (in_template, template_files())):
        for path in paths:
            for words in read(path.read_text()):
                found.setdefault(words, set()).add(str(path.relative_to(ROOT)))
    return found


def in_python(source: str) -> Iterator[Words]:
    for _line, name, said, _comments in extract_python(BytesIO(source.encode()), list(KEYWORDS), [], {}):
        texts = [said] if isinstance(said, str) else [text for text in said or () if text is not None]
        if texts:  # none: translates what a variable holds
            yield _words(name, texts)


def in_template(source: str) -> Iterator[Words]:
    for name, arguments in _CALL.findall(templatize(source)):
        yield _words(name, ast.literal_eval(f"({arguments},)"))


def catalogue(language: str) -> Catalog:
    """What lies in locale/ now."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def catalogue_as_written(language: str) -> Catalog:
    """The same with our own plain head, as it is compiled."""
    made = Plain(locale=language, fuzzy=False)
    for message in catalogue(language):
        if message.id:
            made.add(message.id, message.string, context=message.context)
    return made


def words_of(message: Message) -> Words:
    one, many = message.id if isinstance(message.id, tuple) else (message.id, "")
    return Words(one, many, message.context or "")


def renewed(language: str) -> Catalog:
    """The catalogue of what the code says today, with every translation there is already.

    A sentence that was changed starts anew: a guess from a similar one would be read by nobody and shown to all.
    """
    old = {words_of(message): message.string for message in catalogue(language) if message.id}
    made = Plain(locale=language, header_comment="# Renewed by bin/messages; CONTRIBUTING.md says how.", fuzzy=False)
    for words, files in sorted(messages().items()):
        identity = (words.one, words.many) if words.many else words.one
        string = old.get(words, ("", "") if words.many else "")
        made.add(identity, string, [(file, 0) for file in sorted(files)], context=words.context or None)
    return made


def as_po(made: Catalog) -> bytes:
    written = BytesIO()
    write_po(written, made, width=0, include_lineno=False)
    return written.getvalue().rstrip() + b"\n"


def as_mo(made: Catalog) -> bytes:
    written = BytesIO()
    write_mo(written, made)
    return written.getvalue()


def renew() -> bool:
    """Write every catalogue anew. Whether nothing is left to translate."""
    missing = 0
    for language in LANGUAGES:
        made = renewed(language)
        place = LOCALE / language / "LC_MESSAGES"
        place.mkdir(parents=True, exist_ok=True)
        (place / "django.po").write_bytes(as_po(made))
        (place / "django.mo").write_bytes(as_mo(made))
        empty = [message for message in made if message.id and not all(_strings_of(message))]
        missing += len(empty)
        print(f"{language}: {len(made)} messages, {len(empty)} to translate")  # noqa: T201 -- a command's answer
    return not missing


def _strings_of(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)


def _words(name: str, texts: Sequence[str]) -> Words:
    context = texts[0] if "pgettext" in name else ""
    one, *many = texts[1:] if context else texts
    return Words(one, many[0] if many and "n" in name.split("gettext")[0] else "", context)


if __name__ == "__main__":
    sys.exit(not renew())

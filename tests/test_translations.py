"""The catalogues are complete and right: every string that people read has its German, its French and its Spanish."""

import re
from collections import Counter

import pytest
from babel.messages import Message
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import messages
from tests.house import ROOT
from tests.messages import LANGUAGES, Words

PLACEHOLDER = re.compile(r"%\(\w+\)[-\d.]*[a-z]|%%|\{\w+\}|</?[a-z]+[^>]*>|https?://|`[^`]*`")
SAYS = re.compile(r"""\bsay(?:Many)?\(\s*["'`]([\w-]+)["'`]""")
NARROW = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def pairs_of(message: Message) -> list[tuple[str, str]]:
    """Each form with what it translates: the singular the first, the plural all others."""
    words = messages.words_of(message)
    if not words.many:
        return [(words.one, str(message.string))]
    forms = list(message.string) if isinstance(message.string, list | tuple) else [message.string]
    return [(words.one if at == 0 else words.many, str(form)) for at, form in enumerate(forms)]


def faults_of(message: Message, language: str) -> list[str]:
    """What is wrong with a translation, a sentence each."""
    found = []
    for said, form in pairs_of(message):
        if not form.strip():
            found.append(f"“{said}” is not translated")
            continue
        if Counter(PLACEHOLDER.findall(form)) != Counter(PLACEHOLDER.findall(said)):
            found.append(f"“{form}” has other placeholders than “{said}”")
        if (form[0].isspace(), form[-1].isspace()) != (said[0].isspace(), said[-1].isspace()):
            found.append(f"“{form}” has other blanks at its ends than “{said}”")
        if "!" in form.replace("!=", ""):
            found.append(f"“{form}” exclaims")
        if language == "fr" and re.search(rf"[^{NARROW}:/`{{]( |(?<=\w))[;?](\s|$)|« | »", form):
            found.append(f"“{form}” lacks a no-break space")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_code_is_translated(language: str):
    catalogue = [message for message in messages.catalogue(language) if message.id]
    known = {messages.words_of(message) for message in catalogue if all(form for _said, form in pairs_of(message))}
    missing = [
        f"{words.one} ({', '.join(sorted(files))})"
        for words, files in messages.messages().items()
        if words not in known
    ]

    assert missing == [], "Run bin/messages, translate what it left empty, run it again."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_kept_that_nobody_says(language: str):
    known = {messages.words_of(message) for message in messages.catalogue(language) if message.id}

    assert known - messages.messages().keys() == set(), "Run bin/messages."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_is_right(language: str):
    catalogue = messages.catalogue(language)
    found = [fault for message in catalogue if message.id for fault in faults_of(message, language)]

    assert found == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_all_forms_of_its_language(language: str):
    catalogue = messages.catalogue(language)
    plurals = [message for message in catalogue if message.id and isinstance(message.id, tuple)]

    assert plurals
    assert [message.id for message in plurals if len(pairs_of(message)) != catalogue.num_plurals] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str):
    compiled = messages.LOCALE / language / "LC_MESSAGES" / "django.mo"

    assert compiled.read_bytes() == messages.as_mo(messages.catalogue_as_written(language)), "Run bin/messages."


@pytest.mark.parametrize(
    "said, form, fault",
    [
        ("Approve", "", "is not translated"),
        ("%(who)s left", "%(wer)s ging", "other placeholders"),
        ("{n} left", "noch n", "other placeholders"),
        ("Press <kbd>J</kbd>", "J drücken", "other placeholders"),
        (" and ", "und", "other blanks"),
        ("Done.", "Fertig!", "exclaims"),
        ("Why?", "Pourquoi ?", "lacks a no-break space"),
        ("“Key”", "« Clé »", "lacks a no-break space"),
    ],
)
def test_a_faulty_translation_is_caught(said: str, form: str, fault: str):
    faults = faults_of(Message(said, form), "fr")

    assert len(faults) == 1
    assert fault in faults[0]


def test_a_right_translation_is_left_alone():
    made = Message(("%(n)s key", "%(n)s keys"), ("Une clé\N{NO-BREAK SPACE}: %(n)s", "Clés\N{NO-BREAK SPACE}: %(n)s"))

    assert faults_of(made, "fr") == []


def test_messages_are_found_in_python_and_in_templates():
    python = '_("One"), pgettext_lazy("button", "Open"), ngettext("%(n)s key", "%(n)s keys", n), _(name)'
    template = (
        "{% translate 'Two' %}{% translate 'Open' context 'button' %}{{ _('Three') }}"
        "{% blocktranslate count n=n %}{{ n }} key{% plural %}{{ n }} keys{% endblocktranslate %}"
    )

    assert list(messages.in_python(python)) == [
        Words("One"),
        Words("Open", context="button"),
        Words("%(n)s key", "%(n)s keys"),
    ]
    assert list(messages.in_template(template)) == [
        Words("Two"),
        Words("Open", context="button"),
        Words("Three"),
        Words("%(n)s key", "%(n)s keys"),
    ]


def test_scripts_say_only_words_that_the_page_has():
    has = set(re.findall(r'<i id="([\w-]+)"', (ROOT / "templates" / "_words.html").read_text()))
    said = {word for path in (ROOT / "static" / "js").rglob("*.js") for word in SAYS.findall(path.read_text())}
    missing = {word for word in said if word not in has and f"{word}-one" not in has}

    assert missing == set()


@pytest.mark.parametrize("language, words", [("de", "Anmelden"), ("fr", "Se connecter"), ("es", "Iniciar sesión")])
@pytest.mark.django_db
def test_the_door_speaks_the_language_of_the_browser(language: str, words: str):
    page = Client(headers={"accept-language": f"{language},en;q=0.5"}).get(reverse("account_login"))

    assert f'lang="{language}"' in page.text
    assert words in page.text
    assert page.headers["Content-Language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_placeholder_is_filled_in_every_language(language: str):
    with translation.override(language):
        said = translation.gettext("%(who)s has already claimed this.") % {"who": "Bo Lindqvist"}

    assert "Bo Lindqvist" in said
    assert said != "Bo Lindqvist has already claimed this."

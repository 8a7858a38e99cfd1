"""No words for people are left where no translator can reach them."""

from pathlib import Path

import pytest

from tests import bare, messages
from tests.house import ROOT

# What stays in English, with the reason. A path stands for all that is below it.
STAYS_ENGLISH = {
    "accounts/actions/pseudonyms.py": "kept in the ledger, the same for whoever asks",
    "accounts/api.py": "OpenAPI: describes the API to programmers",
    "accounts/authentication.py": "said to programs, also before Django",
    "audit/api.py": "OpenAPI: describes the API to programmers",
    "audit/serializers.py": "OpenAPI: describes the API to programmers",
    "chameleon/__main__.py": "said on a terminal",
    "chameleon/checks.py": "said on a terminal",
    "chameleon/environment.py": "said on a terminal",
    "chameleon/health.py": "readiness, for monitors",
    "chameleon/launch.py": "said on a terminal",
    "chameleon/lifespan.py": "the wire's: before Django, where no language is known",
    "chameleon/openapi.py": "OpenAPI: describes the API to programmers",
    "chameleon/providers.py": "names that are the same in every language, and what is said on a terminal",
    "chameleon/prometheus.py": "for monitors",
    "chameleon/rates.py": "before Django, where no language is known",
    "clients": "speaks another system's dialect, which is in English, to programs",
    "guardians/cel": "part of a verdict",
    "guardians/policy.py": "the door's, before Django: see intake",
    "guardians/registry.py": "part of a verdict",
    "guardians/types": "a verdict is kept in the ledger, the same for whoever asks (guardians/verdicts.py)",
    "intake": "the fast lane answers programs before Django, where no language is known",
    "interventions/api": "OpenAPI: describes the API to programmers",
    "kit/canonical.py": "put behind the name of a field, for programs",
    "live/bus.py": "said in a log",
    "live/topics.py": "said to programmers at start",
}
SCRIPTS = [*sorted((ROOT / "static" / "js").rglob("*.js")), *(ROOT / "templates").rglob("*.js")]
PAGES = [path for path in messages.template_files() if path.suffix != ".js"]


def stays_english(path: Path) -> bool:
    return any(path == ROOT / place or ROOT / place in path.parents for place in STAYS_ENGLISH)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_leaves_no_words_bare(path: Path):
    assert list(bare.in_template(path.read_text())) == []


def test_python_leaves_no_words_bare():
    found = [
        f"{path.relative_to(ROOT)} {said}"
        for path in messages.python_files()
        if not stays_english(path)
        for said in bare.in_python(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_only_what_the_page_gave_it(path: Path):
    """templates/_words.html holds what scripts say."""
    assert list(bare.in_script(path.read_text())) == []


def test_what_stays_in_english_is_there():
    assert [place for place in STAYS_ENGLISH if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Nothing waits.</p>",
        "<p>{% if user %}{{ user }} approved{% endif %}</p>",
        '<button aria-label="Close">{% icon "close" %}</button>',
        '<input placeholder="name@example.org or name">',
        '<input type="submit" value="{% translate \'Send\' %} now">',
        '<div data-not-done="The decision was not recorded."></div>',
        '{% include "_blank.html" with title="Nothing matches" %}',
        '{{ name|default:"Nobody yet" }}',
        "{% block title %}Queue{% endblock %}",
        "{% blocktranslate %}All is well{% endblocktranslate %} again",
    ],
)
def test_words_bare_in_a_template_are_caught(planted: str):
    assert len(list(bare.in_template(planted))) == 1


@pytest.mark.parametrize(
    "harmless",
    [
        "{% translate 'Nothing waits.' %} {{ page.title }} 24 · <kbd>Esc</kbd>",
        "{# A note #}{% comment %}Another note{% endcomment %}<p>{% blocktranslate %}No{% endblocktranslate %}</p>",
        '<a class="btn btn--quiet" href="/units" data-live="work.unit:7" title="{{ unit.title }}">{% icon "up" %}</a>',
        '<time>{{ day|date:"j F Y" }}</time>',
        "{% block page_class %}page--narrow{% endblock %}",
    ],
)
def test_what_is_translated_or_no_words_is_left_alone(harmless: str):
    assert list(bare.in_template(harmless)) == []


@pytest.mark.parametrize(
    "planted",
    [
        'raise Refusal("It is too late.")',
        'raise NotAllowed(f"{name}, not you")',
        'raise BadInput.field("reason", "is missing")',
        'raise Refusal("Only %s" % name)',
        'raise Refusal(_("So it is.") if late else "late")',
        'name = forms.CharField(label="name")',
        'class Meta:\n    verbose_name = "gate"',
        'class Kind(models.TextChoices):\n    ASK = "ask"',
        'class Kind(models.TextChoices):\n    ASK = "ask", "question"',
        'WORDS = {"pending": "Waits for a pilot"}',
        'said = f"Approved by {name}"',
        'said = "waits for somebody"',
        'said = _(f"{n} left")',
        "from django.utils.translation import gettext as say",
    ],
)
def test_words_bare_in_python_are_caught(planted: str):
    assert len(list(bare.in_python(planted))) == 1


@pytest.mark.parametrize(
    "harmless",
    [
        '"""A docstring says what it means."""',
        'raise Refusal(_("Only %(name)s may.") % {"name": name})',
        'raise BadInput.field("reason", _("Say why."))',
        'raise RuntimeError("Only one bus per process")',
        'ASK = "ask", _("question")',
        'made = "intervention.decided"',
    ],
)
def test_what_is_translated_or_for_programmers_is_left_alone(harmless: str):
    assert list(bare.in_python(harmless)) == []


def test_words_bare_in_a_script_are_caught():
    script = "// A note, no words\nline.textContent = say('left');\nline.textContent = `Only ${n} left`;\n"

    assert list(bare.in_script(script)) == ["“Only ${n} left”"]

"""What the browser is sent: small enough, safe under the content policy, and without a dangling name."""

import gzip
import re
from pathlib import Path

import django_htmx
import pytest

from chameleon.templatetags import ui

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
CSS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
VENDORED = [
    *sorted((STATIC / "vendor").glob("*.js")),
    Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js",
]
# The admin has its own pages; everything else is ours to keep clean.
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "admin" not in path.parts)
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)


def text_of(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def gzipped(paths: list[Path]) -> int:
    """As a web server sends them: one by one."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def tags_with(attribute: str, text: str) -> list[tuple[str, str]]:
    """Every opening tag that carries the attribute: its name and its text. A template tag in quotes does not end it."""
    tag = r"<([a-z][\w-]*)((?:\{[%{].*?[%}]\}|\"[^\"]*\"|'[^']*'|[^<>\"'{])*)>"
    return [(name, rest) for name, rest in re.findall(tag, text, re.DOTALL) if re.search(rf"\s{attribute}=", rest)]


def test_the_style_sheets_stay_under_30_kilobytes() -> None:
    assert gzipped(CSS) < 30_000


def test_the_scripts_stay_under_70_kilobytes_with_everything_vendored() -> None:
    assert gzipped(SCRIPTS + VENDORED) < 70_000


def test_every_style_sheet_is_linked_on_every_page() -> None:
    head = text_of(ROOT / "templates" / "_head.html")

    assert [path.name for path in CSS if f"css/{path.name}" not in head] == []


def test_every_script_is_reached_from_the_page() -> None:
    reached, waiting = {"first.js"}, ["app.js", "offline.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r'(?:from|import) "\./([\w.-]+)"', (STATIC / "js" / name).read_text())

    assert {path.name for path in SCRIPTS} == reached


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_no_inline_style_or_script(path: Path) -> None:
    text = text_of(path)

    assert "<style" not in text
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\s(on[a-z]+|hx-on[\w:-]*)\s*=", text)
    assert "javascript:" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_htmx_gets_can_be_had_without_it(path: Path) -> None:
    """A link keeps its href, a form its action. Anything else fetches by itself, beside a link that does the same."""
    needs = {"a": r"\shref=", "form": r"\saction=", "button": r"\bnever\b"}

    for name, rest in tags_with("hx-get", text_of(path)):
        assert re.search(needs.get(name, r"\shx-trigger="), rest), f"<{name}{rest}>"


def test_scripts_write_no_style_and_no_markup_from_strings() -> None:
    # A <template> is inert: reading markup into it runs nothing, and only the server's own fragments are read so.
    wrong = re.compile(
        r'\.style\b|"style"|\.outerHTML\s*=|insertAdjacentHTML|(?<!template)\.innerHTML\s*=|\beval\(|new Function'
    )

    assert [path.name for path in SCRIPTS if wrong.search(path.read_text())] == []


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text()))
    asked = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', text_of(path))}
    asked |= {name for path in SCRIPTS for name in re.findall(r'\bicon\("([\w-]+)"\)', path.read_text())}
    for table in (ui.KINDS, ui.INTERVENTION_STATUSES, ui.UNIT_STATUSES, ui.CALLERS):
        asked |= {row[0] for row in table.values()}
    asked |= {f"prio-{name}" for name in ui.PRIORITIES}

    assert asked - drawn == set()


def test_the_drawings_in_the_rows_are_those_of_the_sprite() -> None:
    """They stand in the style sheet as masks; only the octagon differs, whose sign is a hole there."""
    rows, sprite = ((STATIC / path).read_text() for path in ("css/rows.css", "img/icons.svg"))
    masks = dict(re.findall(r"--i-([\w-]+): url\(\"data:[^>]*>(.*?)</svg>", rows))
    shape = re.compile(r"""\s(?:d|cx|cy|r|x|y|width|height)=["']([^"']+)["']""")

    assert len(masks) == 17
    for name, mask in masks.items():
        drawn = re.search(rf'<symbol id="{name}"[^>]*>(.*?)</symbol>', sprite)
        assert drawn, name
        assert name == "prio-critical" or shape.findall(mask) == shape.findall(drawn[1]), name


def test_every_word_that_a_script_says_is_written_down() -> None:
    written = set(re.findall(r'<i id="([\w-]+)"', text_of(ROOT / "templates" / "_words.html")))
    said = {name for path in SCRIPTS for name in re.findall(r'\bsay\("([\w-]+)"', path.read_text())}
    for path in SCRIPTS:
        for name in re.findall(r'\bsayMany\("([\w-]+)"', path.read_text()):
            said |= {f"{name}-one", f"{name}-other"}

    assert said - written == set()


def test_every_custom_property_that_is_used_is_defined() -> None:
    sheets = "\n".join(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in CSS)
    defined = set(re.findall(r"(?:^|[;{\s])(--[\w-]+)\s*:", sheets)) | set(re.findall(r"@property (--[\w-]+)", sheets))

    assert set(re.findall(r"var\((--[\w-]+)\)", sheets)) - defined == set()


def test_colours_are_tokens() -> None:
    """A page that writes its own colour has no dark side."""
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")

    assert [path.name for path in CSS if colour.search(path.read_text())] == []


def test_no_style_of_a_part_depends_on_all_of_the_page() -> None:
    """With `body:has(…)` each row that comes or changes styles the whole page anew."""
    whole = re.compile(r"(?:\bbody|\bhtml|:root):has\(")

    assert [path.name for path in CSS if whole.search(path.read_text())] == []

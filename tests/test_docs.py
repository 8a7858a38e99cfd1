"""The documents are true: what they name exists, what exists is named, and their examples are run."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from drf_spectacular.generators import SchemaGenerator

from guardians import cel, registry
from guardians.verdicts import UnitSnapshot
from tests.house import APPS, ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)  # in the examples of docs/gates.md

CODE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
READS = re.compile(
    r'(?:environ\.get\(|environ\[|(?:is_on|listed|one_of|origins|rates|redis|whole)\()\s*"([A-Z][A-Z0-9_]*)"'
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def sections_of(page: str, level: str) -> dict[str, str]:
    """What stands under each heading of that level."""
    parts = re.split(rf"^{level} (.+)$", page, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def blocks_of(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def rows_of(page: str) -> list[list[str]]:
    """The cells of every table, its header among them."""
    lines = [line for line in page.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def anchors_of(page: str) -> set[str]:
    """The headings as GitHub names them in an address."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    text = CODE.sub("", page.read_text())
    broken = []
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors_of(there.read_text())):
            broken.append(target)

    assert broken == []


def test_every_environment_variable_is_named_in_deployment_and_no_other():
    sources = [ROOT / "manage.py", *(path for app in APPS for path in (ROOT / app).rglob("*.py"))]
    read = {name for path in sources if "tests" not in path.parts for name in READS.findall(path.read_text())}
    named = {
        name
        for first, *_rest in rows_of(text_of("docs/deployment.md"))
        for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", first)
    }

    assert named == read


def guardian_sections() -> dict[str, str]:
    return sections_of(sections_of(text_of("docs/gates.md"), "##")["Types"], "###")


def test_every_type_of_guardian_has_a_section_and_no_other():
    assert set(guardian_sections()) == set(registry.types())


@pytest.mark.parametrize("type_name", registry.types())
def test_the_example_of_a_guardian_says_what_it_says(type_name: str):
    section = guardian_sections()[type_name]
    (block,) = blocks_of(section, "json")
    example = json.loads(block)
    guardian = registry.compile(example["type"], example["config"])
    told, header = [], ""
    for first, *rest in rows_of(section):
        if first in {"attributes", "unit"}:
            header = first
        elif header:
            facts = json.loads(first.strip("`"))
            told.append((judged(guardian, {header: facts} if header == "attributes" else facts), rest))

    assert len(told) >= 2
    assert [said for said, _told in told] == [(allowed, reason) for _said, (allowed, reason) in told]


def judged(guardian: registry.GuardianType, facts: dict[str, Any]) -> tuple[str, str]:
    unit = msgspec.convert({"id": "01", "created_at": "2026-11-21T12:00:00Z"} | facts, UnitSnapshot)
    verdict = guardian.judge(unit, NOON)
    return "yes" if verdict.allowed else "no", verdict.reason


def test_every_expression_of_the_cookbook_can_be_used():
    lines = "\n".join(blocks_of(text_of("docs/gates.md"), "cel")).splitlines()
    recipes = [line for line in lines if line and not line.startswith("//")]
    unusable = {}
    for recipe in recipes:
        try:
            cel.compile(recipe)
        except cel.Unusable as why:
            unusable[recipe] = str(why)

    assert len(recipes) > 10
    assert unusable == {}


def test_every_call_of_the_api_is_named():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    calls = [f"{method.upper()} {path}" for path, operations in schema["paths"].items() for method in operations]
    page = text_of("docs/api.md")

    assert [call for call in calls if not re.search(re.escape(call) + r"(?![\w/{])", page)] == []


def test_every_call_that_is_named_is_one_of_the_api():
    known = set(SchemaGenerator().get_schema(request=None, public=True)["paths"])
    named = set(re.findall(r"(?:GET|POST) (/api/[\w/{}-]+)", text_of("docs/api.md")))

    assert named - known == set()


def test_every_command_of_ours_is_described():
    commands = {
        path.stem
        for app in APPS
        for path in (ROOT / app).glob("management/commands/*.py")
        if not path.stem.startswith("_")
    }

    assert commands == set(sections_of(text_of("docs/commands.md"), "##"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_called_json_is_json_and_what_is_called_python_is_python(page: Path):
    text = page.read_text()
    for block in blocks_of(text, "json"):
        json.loads(block)
    for block in blocks_of(text, "python"):
        compile(block, str(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_program_of_bin_that_is_named_exists(page: Path):
    named = set(re.findall(r"\bbin/([a-z]+)\b(?!/)", page.read_text()))

    assert {name for name in named if not (ROOT / "bin" / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_ours_that_is_named_exists(page: Path):
    named = set(re.findall(rf"`((?:tests|docs|benchmarks|{'|'.join(APPS)})/[\w/.-]*)`", page.read_text()))

    assert {name for name in named if not (ROOT / name).exists()} == set()

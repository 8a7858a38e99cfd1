"""The house rules as functions over source text: each yields one sentence for each breach."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("kit", "live", "audit", "accounts", "work", "guardians", "interventions", "intake", "clients", "chameleon")

ROOMS = {
    "__init__",
    "actions",
    "admin",
    "api",
    "apps",
    "forms",
    "management",
    "migrations",
    "models",
    "queries",
    "receivers",
    "serializers",
    "signals",
    "sql",
    "tasks",
    "templatetags",
    "tests",
    "topics",
    "urls",
    "views",
}

# Rooms named for what their field calls them, each with the reason it exists.
EXTRA_ROOMS = {
    "kit": None,  # no rooms: a word each
    "live": None,  # the wire is one machine, its parts are its rooms
    "chameleon": None,  # wiring only
    "accounts": {
        "authentication": "Django REST framework's name for how a caller is recognized",
        "backends": "Django's name for where has_perm is answered",
        "context_processors": "Django's name for what every page is given",
        "jwts": "access tokens as they travel: signed and checked",
        "directory": "what a directory says of a person, and which roles follow: pure",
        "keyboard": "the single keys: one table",
        "lookups": "what a provider is asked about one of its people",
        "providers": "the providers that people may come from: one form for each",
        "sealing": "what is kept encrypted, and how",
        "keyring": "the keys in use, remembered for the hot path",
        "middleware": "Django's name for what puts the actor on a request",
        "rates": "how often one caller may ask, counted by all processes together",
        "passkeys": "what a passkey signs, and whether it did",
        "proof": "how lately a person has shown that it is them",
        "roles": "the shipped roles and key scopes: one table",
        "standing": "what a member is and may do, here and there: pure",
    },
    "audit": {"wording": "every verb of the ledger as a sentence"},
    "guardians": {
        "cel": "the one adapter over the CEL library",
        "policy": "a gate compiled and remembered, ready to judge",
        "registry": "the guardian types there are",
        "types": "one guardian type a module",
        "verdicts": "what a guardian looks at and what it says",
    },
    "intake": {
        "batcher": "many callers, one statement",
        "fast": "what the fast lane serves",
        "front": "the ASGI function before Django",
        "submission": "a unit on its way in, spelled as rows",
    },
    "interventions": {
        "labels": "the tags and links a question may carry",
        "callbacks": "where a callback may go: no private network, no credentials",
    },
    "clients": None,  # one folder for each dialect; the rooms are inside
}

BANNED = {"utils", "helpers", "services", "managers", "common", "misc"}

WRITES = {"save", "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}


def code() -> Iterator[Path]:
    """Every module of every app but its tests and migrations."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield path


def sources(*names: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every module of a room in every app: `sources("views", "api")`."""
    for path in code():
        if set(path.relative_to(ROOT).with_suffix("").parts[1:]) & set(names):
            yield path, ast.parse(path.read_text())


def unknown_rooms(app: str, names: set[str]) -> Iterator[str]:
    extra = EXTRA_ROOMS.get(app, {})
    for name in sorted(names):
        if name in BANNED:
            yield f"{app}/{name}: name the file for the one thing it holds"
        elif extra is not None and name not in ROOMS and name not in extra:
            yield f"{app}/{name}: not a room of the house; add it to EXTRA_ROOMS with a reason, or move it"


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def action_breaches(tree: ast.Module, exempt: dict[str, str]) -> Iterator[str]:
    """An action is atomic, takes `actor` by keyword, and has a docstring that says what it means."""
    for function in public_functions(tree):
        if function.name in exempt:
            continue
        if "transaction.atomic" not in {ast.unparse(decorator) for decorator in function.decorator_list}:
            yield f"{function.name}: an action is one transaction; decorate it with @transaction.atomic"
        if "actor" not in {argument.arg for argument in function.args.kwonlyargs}:
            yield f"{function.name}: an action takes `actor=`, keyword-only"
        if ast.get_docstring(function) is None:
            yield f"{function.name}: say what it means in a docstring"


def calls_of(function: ast.FunctionDef) -> set[str]:
    """The last name of everything a function mentions: `work.cancel` is `cancel`, and so is MOVE[...]'s table."""
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}


def unrecorded_actions(trees: list[ast.Module], exempt: dict[str, str]) -> Iterator[str]:
    """An action writes its ledger line, itself or through the functions of the actions it calls."""
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    calls: dict[str, set[str]] = {}
    for function in functions:
        calls.setdefault(function.name, set()).update(calls_of(function))
    recording = {"record", "record_each"}
    while more := {name for name, called in calls.items() if name not in recording and called & recording}:
        recording |= more
    for function in functions:
        if not function.name.startswith("_") and function.name not in recording and function.name not in exempt:
            yield f"{function.name}: an action leaves its line in the ledger; call audit.actions.record"


def untested_actions(trees: list[ast.Module], tests: str, exempt: dict[str, str]) -> Iterator[str]:
    """An action that no test names is an action nobody has tried."""
    for tree in trees:
        for function in public_functions(tree):
            if function.name not in exempt and not re.search(rf"\b{function.name}\b", tests):
                yield f"{function.name}: no test names it"


def edge_breaches(tree: ast.Module) -> Iterator[str]:
    """An edge parses, calls one action or query, and renders: no writes, no transactions, no try."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            yield f"line {node.lineno}: no try in an edge; the middleware translates what an action refuses"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            manager = ast.unparse(node.func.value)
            if node.func.attr in WRITES and re.search(r"\bobjects\b|_set\b", manager):
                yield f"line {node.lineno}: {ast.unparse(node.func)} writes; that is an action's work"
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "transaction.atomic":
            yield f"line {node.lineno}: a transaction belongs to an action"


def signal_breaches(text: str) -> Iterator[str]:
    for name in ("post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed"):
        if re.search(rf"\b{name}\b", text):
            yield f"{name}: what happens after a change is written in the action that makes it"


def long_files(paths: Iterable[Path], most: int) -> Iterator[str]:
    for path in paths:
        if (lines := len(path.read_text().splitlines())) > most:
            yield f"{path.name}: {lines} lines; make it a folder, a file for each subject"


def long_functions(tree: ast.AST, most: int) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > most:
                yield f"{node.name}: {lines} lines; cut it at its paragraphs"

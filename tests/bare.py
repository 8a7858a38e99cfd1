"""Finders of words that nobody can translate: each yields one sentence for each string left bare."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

from tests.messages import KEYWORDS

WORD = re.compile(r"[^\W\d_]{2,}")
# A capital and a second word, or three words in a row.
SENTENCE = re.compile(r"^(?:[A-Z][\w’']*[,:;]? (?=.*[^\W\d_]{2})|(?!.*--)[a-z][\w’'-]*,?(?: [\w’'{}-]+){2,}[.…]?$)")
DATE = re.compile(r"""\bdate:("[^"]*"|'[^']*')""")
CLASS = re.compile(r"\b[\w-]+--[\w-]+")  # {% block page_class %}page--narrow{% endblock %}
LITERAL = re.compile(r"""(?<![\w(])(?:"([^"]*)"|'([^']*)')""")

# ---------- Templates ----------

SAID = {"title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "placeholder", "alt"}
SILENT = {"script", "style", "kbd", "code", "samp", "pre"}  # what machines and key caps say
NAMES = {"Chameleon", "CSV", "JSON", "Markdown", "API", "false", "null", "sha", "true"}


def in_template(source: str) -> Iterator[str]:
    reader = _Reader()
    reader.feed("".join(_untranslated_text(source)))
    reader.close()
    yield from reader.found
    yield from _in_tags(source)


def _untranslated_text(source: str) -> Iterator[str]:
    """The HTML that is left when every tag, and all that is translated, is taken out."""
    inside = ""
    for token in Lexer(source).tokenize():
        name = _name_of(token)
        if inside:
            inside = "" if name == inside else inside
        elif name in {"blocktranslate", "blocktrans", "comment"}:
            inside = f"end{name}"
        elif token.token_type == TokenType.TEXT:
            yield token.contents


def _in_tags(source: str) -> Iterator[str]:
    """`{% include "_blank.html" with title="No unit matches" %}`, `{{ name|default:"Nobody yet" }}`."""
    for token in Lexer(source).tokenize():
        if token.token_type in {TokenType.BLOCK, TokenType.VAR} and _name_of(token) not in {"translate", "trans"}:
            for pair in LITERAL.findall(DATE.sub("", token.contents)):
                said = "".join(pair)
                if SENTENCE.match(said):
                    yield f"“{said}” in a tag"


def _name_of(token: Token) -> str:
    return token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK and token.contents else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        for name, value in attrs:
            is_button = tag == "input" and name == "value" and ("type", "submit") in attrs
            if (name in SAID or is_button or name.startswith("data-")) and _is_said(name, value or ""):
                self.found.append(f"{name}=“{value}” on <{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        left = " ".join(word for word in WORD.findall(CLASS.sub("", data)) if word not in NAMES)
        if left and not self.silent:
            self.found.append(f"“{data.strip()}” in the text")


def _is_said(attribute: str, value: str) -> bool:
    """Of our own attributes most hold a word for a script; a sentence in one is for people."""
    return bool(SENTENCE.match(value)) if attribute.startswith("data-") else bool(WORD.search(value))


# ---------- Python ----------

PROBLEMS = {
    "BadInput",
    "Malformed",
    "NotAllowed",
    "NotThere",
    "Problem",
    "Refusal",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedType",
    "ValidationError",
}
# What is said to whoever reads a log or a traceback.
FOR_PROGRAMMERS = {
    "AssertionError",
    "ImproperlyConfigured",
    "KeyError",
    "LookupError",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "debug",
    "error",
    "exception",
    "info",
    "warning",
}
SPOKEN_KEYWORDS = {
    "description",
    "empty_label",
    "help_text",
    "label",
    "short_description",
    "verbose_name",
    "verbose_name_plural",
}
SPELLED_BY_OTHERS = {"Mac OS", "noopener noreferrer nofollow ugc"}  # a system's name, a link's rel
FOR_MACHINES = re.compile(r"(SELECT|WITH|INSERT|UPDATE|DELETE) |\w+ \| None$")  # SQL, the name of a type
CHOICES = {"TextChoices", "IntegerChoices"}


def in_python(source: str) -> Iterator[str]:
    """Sentences outside gettext, and shorter words where they are surely shown to people."""
    finder = _Finder()
    finder.visit(ast.parse(source))
    yield from finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
        if name in KEYWORDS:
            return self._ask_for_a_literal(node)
        if name in FOR_PROGRAMMERS:
            return None
        if name in PROBLEMS:
            self._flag_words(node.args[:1], f"what {name} says")
        if name == "field" and isinstance(node.func, ast.Attribute) and _called(node.func.value) in PROBLEMS:
            self._flag_words(node.args[1:2], "what BadInput.field says")  # its first is the name of the field
        spoken = [keyword.value for keyword in node.keywords if keyword.arg in SPOKEN_KEYWORDS]
        self._flag_words(spoken, f"a label in {name}()")
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if CHOICES & {_called(base) for base in node.bases}:
            for member in (line for line in node.body if isinstance(line, ast.Assign)):
                self._flag_choice(member, node.name)
        if node.name == "Meta":
            for line in (line for line in node.body if isinstance(line, ast.Assign)):
                if ast.unparse(line.targets[0]) in SPOKEN_KEYWORDS:
                    self._flag_words([line.value], "a name in Meta")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring, or a note
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        said = node.value
        if isinstance(said, str) and SENTENCE.match(said) and not _is_for_machines(said):
            self._flag(node, said)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names if node.module == "django.utils.translation" else ():
            if name.name in KEYWORDS and (name.asname or name.name) not in KEYWORDS:
                self._flag(node, f"{name.name} as {name.asname}", "a name that bin/messages does not look for")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        said = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if SENTENCE.match(said):
            self._flag(node, said)

    def _ask_for_a_literal(self, node: ast.Call) -> None:
        if any(isinstance(argument, ast.JoinedStr) for argument in node.args):
            self._flag(node, ast.unparse(node), "put together before it is translated")

    def _flag_choice(self, member: ast.Assign, name: str) -> None:
        value = member.value
        if not isinstance(value, ast.Tuple):
            self._flag(member, f"{name}.{ast.unparse(member.targets[0])}", "has no label")
        else:
            self._flag_words(value.elts[-1:], f"the label in {name}")

    def _flag_words(self, nodes: list[ast.expr], where: str) -> None:
        for node in nodes:
            for said in _bare_in(node):
                if not SENTENCE.match(said):  # else it is found by itself
                    self._flag(node, said, where)

    def _flag(self, node: ast.AST, said: str, where: str = "") -> None:
        line = f"line {node.lineno}: “{said.strip()}”{where and ', '}{where}"  # type: ignore[attr-defined]
        if line not in self.found:
            self.found.append(line)


def _is_for_machines(said: str) -> bool:
    return said in SPELLED_BY_OTHERS or bool(FOR_MACHINES.match(said))


def _bare_in(node: ast.expr) -> Iterator[str]:
    """The words of an expression that do not come out of gettext."""
    if isinstance(node, ast.Constant):
        said = node.value if isinstance(node.value, str) else ""
    elif isinstance(node, ast.JoinedStr):
        said = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    else:
        said = ""
        for part in _parts_of(node):
            yield from _bare_in(part)
    if WORD.search(said):
        yield said


def _parts_of(node: ast.expr) -> list[ast.expr]:
    """What the value of an expression is made of: `"%s" % x` of its left side, `a if b else c` of a and c."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right] if isinstance(node.op, ast.Add) else [node.left]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    is_formatted = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    return [node.func.value] if is_formatted else []


def _called(node: ast.AST) -> str:
    """The last name of what is called: `errors.Refusal(...)` is Refusal, and `BadInput.field` belongs to BadInput."""
    if isinstance(node, ast.Call):
        return _called(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# ---------- JavaScript ----------

_COMMENT = re.compile(r"(?<![:\"'`\\])//[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""", re.DOTALL)


def in_script(source: str) -> Iterator[str]:
    """Sentences in quotes. Scripts say what templates/_words.html holds for them."""
    for _quote, said in _QUOTED.findall(_COMMENT.sub("", source)):
        if SENTENCE.match(said):
            yield f"“{said}”"

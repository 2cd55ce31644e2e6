"""What the tests of the house look for in the code: sentences for people, and names that speak of a verb."""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_STATEMENTS = "select|insert|update|delete|create|drop|alter|set|begin|with|pragma"
_SQL = re.compile(rf"\s*(?:{_STATEMENTS}|{_STATEMENTS.upper()})\b")
_EMOJI = re.compile(r":[a-z_]+:")
_SPOKEN = re.compile(r"^\W*[A-Z][a-z]+\W*$|[a-z]\S* +\S*[a-z]")
_LETTER = re.compile(r"[^\W\d_]")
_LOGGERS = {"log", "_log", "logger", "_logger"}
_LEVELS = {name: name for name in ("debug", "info", "warning", "error", "critical")} | {"exception": "error"}
_IN_NAME = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BUGS = {
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)
}


@dataclass(frozen=True)
class Found:
    """A text in the code; what an f-string puts in is shown as {}."""

    line: int
    text: str


def sentences(source: str) -> list[Found]:
    """Return the texts in the code that read like a sentence to a person.

    Left out are docstrings, SQL, what is logged, what builtin exceptions say that are raised (bugs), and the
    lines of a ConfigurationError.
    """
    return [found for found in _texts(ast.parse(source)) if reads_like_a_sentence(found.text)]


def spoken(source: str) -> list[Found]:
    """Return the texts in the code that hold at least two words, or one that begins with a capital letter."""
    return [found for found in _texts(ast.parse(source)) if _SPOKEN.search(found.text)]


def reads_like_a_sentence(text: str) -> bool:
    """Tell whether it has at least four words, and begins with a capital letter or ends as sentences do."""
    text = _EMOJI.sub("", text)
    words = [word for word in text.split() if _LETTER.search(word)]
    if len(words) < 4 or _SQL.match(text):
        return False
    begins_like_one = _LETTER.findall(text)[0].isupper()
    return begins_like_one or text.rstrip(" \n”’\"'").endswith((".", "!", "?", "…", ":"))


def speaks_of(source: str, word: str) -> set[str]:
    """Return the names of which this is a word (`call_restore`, not `restored`), and it itself as a value."""
    tree = ast.parse(source)
    found = {name for name in _names(tree) if word in map(str.lower, _IN_NAME.findall(name))}
    values = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return found | {f'"{word}"' for value in values if value == word}


def touched_by(root: Path, word: str, *, besides: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """Return, by file below `root`, the names that speak of a verb; those in `besides` don't count."""
    found = {path: speaks_of(path.read_text(), word) - besides for path in sorted(root.rglob("*.py"))}
    return {str(path.relative_to(root.parent)): names for path, names in found.items() if names}


def _texts(tree: ast.AST) -> Iterator[Found]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # A docstring, of whatever stands above it.
        is_bug = isinstance(child, ast.Raise) and _is_bug(child.exc)
        if is_bug or _is_logged(child) or _is_for_the_operator(child):
            continue
        if isinstance(child, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in child.values]
            yield Found(child.lineno, "".join(map(str, parts)))
            for part in child.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _texts(part)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield Found(child.lineno, child.value)
        else:
            yield from _texts(child)


def _is_bug(error: ast.expr | None) -> bool:
    kind = error.func if isinstance(error, ast.Call) else error
    return isinstance(kind, ast.Name) and kind.id in _BUGS


def _is_for_the_operator(node: ast.AST) -> bool:
    """Tell whether these are the lines about settings that whoever starts the bot reads on a terminal."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ConfigurationError"


def _is_logged(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = node.func.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in _LOGGERS


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for part in ("id", "attr", "arg", "name", "asname", "rest", "module"):
            value = getattr(node, part, None)
            if isinstance(value, str):
                yield from value.split(".")
        if isinstance(node, ast.MatchClass):
            yield from node.kwd_attrs
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names


@dataclass
class Event:
    """An event of the log: every level it has, and every field it can have."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def logged(sources: Iterable[str]) -> dict[str, Event]:
    """Return the events that these sources log, by name; raises ValueError if one can't be read."""
    events: dict[str, Event] = defaultdict(Event)
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call) and _is_logging(node.func):
            level, name, fields = _event(node)
            events[name].levels.add(level)
            events[name].fields |= fields - {"exc_info"}
    return dict(events)


def bound(sources: Iterable[str]) -> set[str]:
    """Return the fields that workflows give to each line they log: the keys of what their `about` returns."""
    found = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.keyword(arg="about", value=ast.Lambda(body=ast.Dict(keys=keys))):
                found |= {ast.literal_eval(key) for key in keys if key}
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.Dict(keys=keys))]):
                found |= {ast.literal_eval(key) for key in keys if key and name.startswith("about_")}
    return found


def _is_logging(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id=name)):
            return name in _LOGGERS
        case ast.Attribute(value=ast.Attribute(attr=name) | ast.Call(func=ast.Attribute(attr=name))):
            return name in {*_LOGGERS, "get_logger"}
    return False


def _event(call: ast.Call) -> tuple[str, str, set[str]]:
    match call:
        case ast.Call(func=ast.Attribute(attr=level), args=[ast.Constant(value=str(name))], keywords=given):
            fields = {each.arg for each in given if each.arg}
            if level in _LEVELS and len(fields) == len(given):
                return _LEVELS[level], name, fields
    raise ValueError(f"level, name or fields can't be read: {ast.unparse(call)}")

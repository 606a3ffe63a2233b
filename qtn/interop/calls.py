"""Objects by their text, as one types them in Python: `Staircase(layers=3)`, `Readout, ZNE`.

The text is parsed and never evaluated: names stand for what a table holds, arguments are literals
(numbers, texts, lists, tuples, dictionaries) or again such calls.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qtn._checks import did_you_mean
from qtn._checks import text as checked_text
from qtn.errors import ArgumentError

LONGEST = 4000  # characters; parsers recurse


def read_call(name: str, text: str, known: Mapping[str, Callable[..., Any]]) -> Any:
    """Return the one object that a text names.

    Args:
        name: of the argument, for errors.
        text: a name of the table, or a call of it with literal arguments.
        known: what the names stand for.

    Raises:
        ArgumentError: no such name or option (with the nearest one), or text that is no call.

    Example:
        >>> read_call("method", "dict(layers=3)", {"dict": dict})
        {'layers': 3}
    """
    found = read_calls(name, text, known)
    if len(found) != 1:
        raise _unreadable(name, text, "it holds several")
    return found[0]


def read_calls(name: str, text: str, known: Mapping[str, Callable[..., Any]]) -> list[Any]:
    """Return the objects that a text names, separated by commas; see `read_call`.

    Example:
        >>> read_calls("techniques", "list, dict(a=(1, 2))", {"list": list, "dict": dict})
        [[], {'a': (1, 2)}]
    """
    checked_text(name, text)
    if len(text) > LONGEST:
        raise _unreadable(name, text[:40] + "...", f"it is longer than {LONGEST} characters")
    try:
        body = ast.parse(f"({text.strip().rstrip(',')},)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(name, text, "it is no Python") from error
    # "), (" would close our own parenthesis: what comes of it is no single tuple.
    if not isinstance(body, ast.Tuple) or not body.elts:
        raise _unreadable(name, text, "it is no list of names")
    return [_made(name, text, node, known) for node in body.elts]


def _made(name: str, text: str, node: ast.AST, known: Mapping[str, Callable[..., Any]]) -> Any:
    """Return the object of a name or of a call."""
    if isinstance(node, ast.Name):
        return _called(name, _known(name, node.id, known), (), {})
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise _unreadable(name, text, "it holds something that is neither a name nor a call")
    make = _known(name, node.func.id, known)
    given = [_value(name, text, value, known) for value in node.args]
    options = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            raise _unreadable(name, text, "** is not understood")
        options[keyword.arg] = _value(name, text, keyword.value, known)
    return _called(name, make, given, options)


def _value(name: str, text: str, node: ast.AST, known: Mapping[str, Callable[..., Any]]) -> Any:
    named = isinstance(node, ast.Name) and node.id in known
    if named or isinstance(node, ast.Call):
        return _made(name, text, node, known)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise _unreadable(name, text, f"{ast.unparse(node)} is no number, text or list") from error


def _known(name: str, word: str, known: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    if word not in known:
        raise ArgumentError(
            f"Argument `{name}` names {word!r}, which is unknown. {did_you_mean(word, known)}"
        )
    return known[word]


def _called(
    name: str, make: Callable[..., Any], given: Iterable[Any], options: dict[str, Any]
) -> Any:
    """Call what was named; options that it has not are told with the nearest that it has."""
    word = getattr(make, "__name__", "it")
    try:
        parameters = inspect.signature(make).parameters
    except ValueError:  # some built-in types do not tell
        parameters = None
    if parameters is not None and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        for option in options:
            if option not in parameters:
                hint = did_you_mean(option, parameters) if parameters else "It has none."
                raise ArgumentError(f"Argument `{name}`: {word} has no option {option!r}. {hint}")
    try:
        return make(*given, **options)
    except TypeError as error:
        raise ArgumentError(f"Argument `{name}`: {word} cannot be made so ({error}).") from error


def _unreadable(name: str, text: str, why: str) -> ArgumentError:
    return ArgumentError(
        f"Argument `{name}` cannot be read: {text!r} ({why}). Write names with their options as in "
        'Python, separated by commas, for instance "Staircase(layers=3)" or "Readout, ZNE".'
    )

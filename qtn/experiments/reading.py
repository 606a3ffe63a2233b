"""`qtn.read_recipe`: a TOML file, checked as a whole before anything is made."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from qtn._checks import did_you_mean, fail, file_path
from qtn._io import regular_file
from qtn.errors import ArgumentError, FileError
from qtn.experiments.schema import Recipe

KINDS = ("float", "int", "str", "bool")
INSTANCE = "a valid dictionary or object to extract fields from"
MOST = 8  # mistakes that one message tells


def read_recipe(source: str | os.PathLike[str] | Mapping[str, Any] | Recipe) -> Recipe:
    """Read a recipe: a TOML file that describes a whole experiment.

    Sections are [data], [model], [target], [compile], [run], [mitigate] and [compare], each of them
    optional; docs/recipes.md lists their keys.

    Args:
        source: the path of the file, or its content as a mapping; a recipe stays as it is.

    Returns:
        The recipe, checked: sections, keys, types, and the options of every class named.

    Raises:
        ArgumentError: an unknown section, key or option (with the one that was meant), a value of
            another type, a section that lacks another one; all mistakes at once.
        FileError: no such file, or no TOML.

    Cost: milliseconds; imports the rooms whose classes are named.

    Example:
        >>> recipe = read_recipe({"target": {"state": "ghz", "qubits": 4}, "compile": {}})
        >>> recipe.steps, recipe.target.qubits
        (('target', 'compile'), 4)
    """
    if isinstance(source, Recipe):
        return source
    if isinstance(source, Mapping):
        return _checked(dict(source), "The recipe", Path())
    if not isinstance(source, str | os.PathLike):
        raise fail("source", "the path of a recipe, or its content as a mapping", source)
    path = regular_file(file_path("source", source))
    try:
        content = tomllib.loads(path.read_bytes().decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileError(
            f"File `{path}` is no TOML that can be read: {error}. Correct it there."
        ) from error
    return _checked(content, f"Recipe `{path}`", path.parent)


def _checked(content: dict[str, Any], name: str, folder: Path) -> Recipe:
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        told = list(dict.fromkeys(text.strip() for text in _mistakes(error)))
        more = f" And {len(told) - MOST} more." if len(told) > MOST else ""
        raise ArgumentError(f"{name} cannot be made. {' '.join(told[:MOST])}{more}") from error
    return recipe.read_from(folder, content)


def _mistakes(error: ValidationError) -> Iterator[str]:
    """Yield a sentence per mistake: where it is, what it is, and what was meant."""
    for found in error.errors(include_url=False):
        place = [str(part) for part in found["loc"]]
        if found["type"] == "extra_forbidden":
            *where, key = place
            yield f"{_where(where)}`{key}` is unknown. {did_you_mean(key, _keys(where))}"
        elif found["type"] == "union_tag_invalid":
            tags = [tag.strip().strip("'") for tag in found["ctx"]["expected_tags"].split(", ")]
            key = found["ctx"]["discriminator"].strip("'")
            yield (
                f"{_where(place)}`{key}` is {found['ctx']['tag']!r}. "
                f"{did_you_mean(str(found['ctx']['tag']), tags)}"
            )
        elif found["type"] == "union_tag_not_found":
            key = found["ctx"]["discriminator"].strip("'")
            yield f"{_where(place)}`{key}` is missing. {did_you_mean('', _tags(place))}"
        elif found["type"] == "value_error":
            yield f"{_where(place)}{found['ctx']['error']}.".replace("..", ".").replace("?.", "?")
        else:
            # Kinds of values that a union tries in turn stand behind the key.
            named = [part for part in place if "[" not in part and part not in KINDS] or ["it"]
            given = "" if found["type"] == "missing" else f", but is {found['input']!r:.60}"
            text = found["msg"].lower().replace(INSTANCE, "a table")
            yield f"{_where(named[:-1])}`{named[-1]}`: {text}{given}."


def _where(place: list[str]) -> str:
    """Return "[target] ", or nothing at the top of the file."""
    return f"[{place[0]}] " if place else ""


def _section(place: list[str]) -> Any:
    """Return the annotation of the section that a place lies in."""
    return Recipe.model_fields[place[0]].annotation if place else Recipe


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _keys(place: list[str]) -> list[str]:
    """Return the keys that a section knows, of the kind that was chosen in it."""
    if not place:
        return list(Recipe.model_fields)
    kinds = list(_models(_section(place)))
    chosen = [kind for kind in kinds if place[1:] and place[1] in _tag(kind)] or kinds
    return [field.alias or name for kind in chosen for name, field in kind.model_fields.items()]


def _tags(place: list[str]) -> list[str]:
    return [tag for kind in _models(_section(place)) for tag in _tag(kind)]


def _tag(kind: type[BaseModel]) -> tuple[Any, ...]:
    """Return the words that choose this kind of section."""
    for name in ("state", "source"):
        if name in kind.model_fields:
            return get_args(kind.model_fields[name].annotation)
    return ()

"""What a function and an item are, as a hash: equal content gives the same hash everywhere.

A journal finds results by it, so two different jobs never share one; where a difference cannot be
seen, the thing is refused. A function is its name, its own code, its defaults and what it closes
over; functions that it calls are not looked at.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ContextDecorator
from types import BuiltinMethodType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from qtn._checks import fail
from qtn._io import KINDS, Saveable
from qtn._version import __version__

__all__ = ["content_hash"]


def content_hash(name: str, *values: Any) -> str:
    """Return the sha256 of what the values are.

    Args:
        name: of the argument, for errors.
        values: numbers, text, arrays, states, circuits, dataclasses, functions, and lists, tuples,
            sets and dictionaries of these.

    Raises:
        ArgumentError: a value of another kind.

    Example:
        >>> content_hash("x", 1, [0.5]) == content_hash("x", 1, [0.5]) != content_hash("x", 1, 0.5)
        True
    """
    digest = hashlib.sha256()
    for value in values:
        try:
            for part in _parts(name, value):
                digest.update(len(part).to_bytes(8, "little") + part)
        except RecursionError as error:
            way_out = "Lists that hold themselves and local functions that call themselves are not."
            raise fail(name, "of a kind that has an end", value, way_out) from error
    return digest.hexdigest()


def _parts(name: str, value: Any) -> Iterator[bytes]:
    """Yield what distinguishes a value from all others."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufcSU":
        yield f"array {value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, list | tuple):
        yield f"{type(value).__name__} {len(value)}".encode()
        for part in value:
            yield from _parts(name, part)
    elif isinstance(value, AbstractSet):
        yield f"set {sorted(content_hash(name, part) for part in value)}".encode()
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)}".encode()
        for pair in value.items():
            yield from _parts(name, pair)
    elif isinstance(value, enum.Enum):
        yield f"enum {_named(type(value))} {value.name}".encode()
    elif isinstance(value, type):
        yield f"class {_named(value)}".encode()
    elif callable(value) and not dataclasses.is_dataclass(value):
        yield from _of_function(name, value)
    else:
        yield from _of_object(name, value)


def _of_object(name: str, value: Any) -> Iterator[bytes]:
    """Yield what a state, a model, a circuit, an operator or a dataclass holds."""
    kind = getattr(value, "kind", None)
    if isinstance(value, Saveable) and kind in KINDS:
        arrays, header = value.pack()
        yield f"saved {kind} {json.dumps(header, sort_keys=True)}".encode()
        yield from _parts(name, dict(sorted(arrays.items())))
    elif dataclasses.is_dataclass(value):
        yield f"dataclass {_named(type(value))}".encode()
        for field in dataclasses.fields(value):
            yield from _parts(name, (field.name, getattr(value, field.name)))
    elif _is_circuit(value):
        from qtn.parallel.circuit_hash import fingerprint

        yield f"circuit {fingerprint(value)}".encode()
    elif isinstance(value, ContextDecorator) and hasattr(value, "func"):  # @contextmanager
        yield from _parts(name, [getattr(value, part) for part in ("func", "args", "kwds")])
    elif hasattr(value, "paulis") and hasattr(value, "coeffs"):  # a SparsePauliOp
        yield from _parts(name, (value.paulis.to_labels(), np.asarray(value.coeffs)))
    else:
        raise fail(
            name,
            "of a kind that a journal can tell apart: numbers, text, arrays, states, circuits, "
            "dataclasses, and lists and dictionaries of these",
            value,
            "Give their names or numbers instead, and make them inside the function.",
        )


def _is_circuit(value: Any) -> bool:
    qiskit = sys.modules.get("qiskit")
    return qiskit is not None and isinstance(value, qiskit.QuantumCircuit)


def _of_function(name: str, value: Any) -> Iterator[bytes]:
    """Yield what a function is: where it stands, its own code, and what it is bound to."""
    if isinstance(value, functools.partial):
        yield b"partial"
        yield from _parts(name, (value.func, value.args, dict(sorted(value.keywords.items()))))
        return
    if isinstance(value, MethodType):
        yield b"method"
        yield from _parts(name, (value.__self__, value.__func__))
        return
    if not isinstance(value, FunctionType) and hasattr(value, "__wrapped__"):  # a cache
        yield f"around {_named(type(value))}".encode()
        yield from _of_function(name, value.__wrapped__)
        return
    yield f"function {_named(value)} {_version(value)}".encode()
    if isinstance(value, FunctionType):  # what a decorator made too: its closure has the function
        yield from _parts(name, list(_of_code(value.__code__)))
        yield from _parts(name, (value.__defaults__, value.__kwdefaults__))
        yield from _parts(name, [_content(cell) for cell in value.__closure__ or ()])
    elif not hasattr(value, "__qualname__"):  # an object that can be called
        yield from _of_object(name, value)
    elif isinstance(value, BuiltinMethodType) and not isinstance(value.__self__, ModuleType):
        yield from _parts(name, value.__self__)  # as of table.get


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # of a variable that has no value yet
        return "no value"


def _of_code(code: CodeType) -> Iterator[bytes | str | tuple[str, ...]]:
    yield code.co_code
    yield code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
        elif isinstance(constant, frozenset):
            yield repr(sorted(map(repr, constant)))
        else:
            yield repr(constant)


def _named(value: Any) -> str:
    called = getattr(value, "__qualname__", type(value).__qualname__)
    return f"{getattr(value, '__module__', '')}.{called}"


def _version(value: Any) -> str:
    """Return qtn's own version for its own functions."""
    return __version__ if str(getattr(value, "__module__", "")).startswith("qtn.") else ""

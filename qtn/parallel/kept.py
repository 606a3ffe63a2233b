"""Results as arrays and plain data, so that a file can keep them without pickle.

Arrays keep their type, tuples stay tuples; states, models and compiled circuits are written as
`qtn.save` writes them; qtn's own results that are dataclasses, field by field.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qtn._display import Display, Displayed
from qtn._io import KINDS, Saveable, resolve
from qtn.errors import ArgumentError

__all__ = ["Kept"]

_WRITTEN = "biufc"  # kinds of arrays
_LONGEST = 16  # bytes of a complex number in a file, half as many of a real one


@dataclass(frozen=True, slots=True, repr=False)
class Kept(Displayed):
    """A result as a file keeps it.

    Args:
        value: None, numbers, text, arrays, what `qtn.save` takes, results of qtn, and lists,
            tuples and dictionaries of these.
        key: hash of the job.

    Example:
        >>> arrays, header = Kept({"z": np.ones(2)}, "k").pack()
        >>> Kept.unpack(arrays, header).value
        {'z': array([1., 1.])}
    """

    kind: ClassVar[str] = "mapped"

    value: Any
    key: str

    def _brief(self) -> str:
        return repr(self.value)[:80]

    def _display(self) -> Display:
        return Display(
            "Result of an item", [("value", repr(self.value)[:80]), ("job", self.key[:16])]
        )

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the rest of the value.

        Raises:
            ArgumentError: it holds something that no file keeps.
        """
        arrays: dict[str, np.ndarray] = {}
        return arrays, {"key": self.key, "value": _written(self.value, arrays)}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Kept:
        """Return what `pack` took apart."""
        return cls(_read(header["value"], arrays), str(header["key"]))


def _written(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return plain data for a value; arrays go into `arrays`, numbered."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, np.ndarray | np.generic) and _is_written(value.dtype):
        return _array(value, arrays)
    if type(value) in (list, tuple):
        return {type(value).__name__: [_written(part, arrays) for part in value]}
    if type(value) is dict:
        pairs = [[_written(k, arrays), _written(v, arrays)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, Saveable) and not isinstance(value, type) and value.kind in KINDS:
        own, header = value.pack()
        named = {name: _array(array, arrays) for name, array in own.items()}
        return {"saved": value.kind, "header": header, "arrays": named}
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("qtn."):
        fields = {
            field.name: _written(getattr(value, field.name), arrays)
            for field in dataclasses.fields(value)
            if field.init
        }
        return {"result": f"{type(value).__module__}:{type(value).__name__}", "fields": fields}
    if isinstance(value, enum.Enum) and type(value).__module__.startswith("qtn."):
        return {"member": f"{type(value).__module__}:{type(value).__name__}", "name": value.name}
    raise ArgumentError(
        f"The function returned a {type(value).__name__}, which a journal cannot keep. Return "
        "numbers, text, arrays, states, compiled circuits or results of qtn, or lists and "
        "dictionaries of these; or leave out `journal`."
    )


def _is_written(dtype: np.dtype[Any]) -> bool:
    """Say whether files have numbers of this kind and length."""
    return dtype.kind in _WRITTEN and dtype.itemsize <= _LONGEST // (1 + (dtype.kind != "c"))


def _array(value: Any, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    name = f"{len(arrays):06d}"
    dense = np.asarray(value)
    node = {"scalar" if isinstance(value, np.generic) else "array": name}
    if dense.dtype == np.complex64:  # files have pairs of reals
        pairs = np.ascontiguousarray(dense).reshape(*dense.shape, 1).view(np.float32)
        dense, node["as"] = pairs, "complex64"
    arrays[name] = dense
    return node


def _read(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the value of what `_written` made."""
    if not isinstance(node, dict):
        return node
    for form, read in _READERS.items():
        if form in node:
            return read(node, arrays)
    raise ValueError(f"it holds a part of an unknown kind, {sorted(node)[:2]}")


def _read_saved(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    own = {name: _read_array(array, arrays) for name, array in node["arrays"].items()}
    return resolve(node["saved"]).unpack(own, node["header"])


def _read_result(node: Any, arrays: dict[str, np.ndarray]) -> Any:
    found = _ours(node["result"], dataclasses.is_dataclass)
    return found(**{name: _read(part, arrays) for name, part in node["fields"].items()})


def _read_member(node: Any, _: Any) -> Any:
    return _ours(node["member"], lambda found: issubclass(found, enum.Enum))[node["name"]]


def _read_array(node: dict[str, Any], arrays: dict[str, np.ndarray]) -> Any:
    scalar = "scalar" in node
    array = arrays[node["scalar" if scalar else "array"]]
    if node.get("as") == "complex64":
        array = array.view(np.complex64)[..., 0]
    return array[()] if scalar else array


def _ours(place: str, suits: Any) -> Any:
    """Return a class of qtn by its place, and nothing else that a file may name."""
    module, _, name = place.partition(":")
    if not module.startswith("qtn."):
        raise ValueError(f"it names {place}, which is not qtn's")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, type) or not suits(found):
        raise ValueError(f"it names {place}, which is no result")
    return found


_READERS: dict[str, Callable[[Any, dict[str, np.ndarray]], Any]] = {
    "array": _read_array,
    "complex": lambda node, _: complex(*node["complex"]),
    "dict": lambda node, arrays: {_read(k, arrays): _read(v, arrays) for k, v in node["dict"]},
    "list": lambda node, arrays: [_read(part, arrays) for part in node["list"]],
    "member": _read_member,
    "result": _read_result,
    "saved": _read_saved,
    "scalar": _read_array,
    "tuple": lambda node, arrays: tuple(_read(part, arrays) for part in node["tuple"]),
}

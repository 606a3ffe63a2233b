"""Objects that an option names, as they are typed in Python: methods, techniques, models, budgets.

`load("earlier.qtn")` inside a call gives what a file holds, for options such as `start`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtn.errors import ArgumentError

if TYPE_CHECKING:
    from qtn.aqc import Method
    from qtn.devices import Budget

MODELS = tuple(
    network + kind
    for network in ("MPS", "TTN")
    for kind in ("Classifier", "Regressor", "BornMachine")
)
# What a shell completes; they are told without loading the rooms that have them.
METHODS = (
    "Auto",
    "Brickwall",
    "Hops",
    "Isometries",
    "Resume",
    "Segments",
    "Staircase",
    "Tree",
    "Window",
)
TECHNIQUES = (
    *("auto", "DynamicalDecoupling", "PEA", "PEC", "PNA", "PostSelection", "Readout", "TEM"),
    *("TwinZNE", "Twirl", "VirtualDistillation", "ZNE"),
)


def words(*known: str) -> Callable[[str], list[str]]:
    """Return what completes a value that begins one of the known words.

    Example:
        >>> words("cx", "cz", "ecr")("c")
        ['cx', 'cz']
    """

    def begun_by(incomplete: str) -> list[str]:  # typer knows the parameter by its name
        return [word for word in known if word.startswith(incomplete)]

    return begun_by


def method(text: str) -> Method:
    """Return the compile method of `--method`."""
    import qtn
    from qtn import aqc
    from qtn.interop.calls import read_call

    known = _subclasses(aqc, aqc.Method) | {"load": qtn.load}
    chosen = read_call("--method", text, known)
    if not isinstance(chosen, aqc.Method):
        raise ArgumentError(f"Option --method must name a compile method, but is {text!r}.")
    return chosen


def techniques(texts: Sequence[str]) -> list[Any] | str:
    """Return the mitigation techniques of an option that may be repeated; "auto" stays a word."""
    import qtn
    from qtn import mitigation
    from qtn.interop.calls import read_calls

    words = [text.strip() for text in texts if text.strip()]
    if words == ["auto"]:
        return "auto"
    if not words or words == ["none"]:
        return []
    known = _subclasses(mitigation, mitigation.Technique) | {"load": qtn.load}
    return read_calls("--technique", ", ".join(words), known)


def model(text: str) -> Any:
    """Return the estimator of `--model`."""
    import qtn
    from qtn.interop.calls import read_call

    return read_call("--model", text, {name: getattr(qtn, name) for name in MODELS})


def budget(text: str | None) -> Budget | None:
    """Return the budget of `--budget`, for instance "shots=10000, seconds=60, money=5"."""
    if text is None:
        return None
    from qtn.devices import Budget
    from qtn.interop.calls import read_call

    found = read_call("--budget", f"Budget({text})", {"Budget": Budget})
    return found if isinstance(found, Budget) else None


def observables(texts: Sequence[str]) -> list[Any]:
    """Return observables: labels such as ZZI, or sums such as {"ZZI": 1, "IXX": 0.5}."""
    found: list[Any] = []
    for text in texts:
        if not text.lstrip().startswith("{"):
            found.append(text.strip())
            continue
        try:
            found.append(ast.literal_eval(text))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
            raise ArgumentError(
                f"Option --observable cannot be read: {text!r}. "
                'Write for instance ZZ, or {"ZZ": 1, "XX": 0.5}.'
            ) from error
    return found


def _subclasses(room: Any, base: type) -> dict[str, Callable[..., Any]]:
    """Return what a room offers of a kind, by name."""
    found = {name: getattr(room, name) for name in room.__all__}
    return {
        name: made
        for name, made in found.items()
        if isinstance(made, type) and issubclass(made, base) and made is not base
    }

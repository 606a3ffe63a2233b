"""Reading what a caller gave to `qtn.run`: circuits, sweeps, transpiled circuits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BindingsArray

from qtn._checks import fail, finite_array
from qtn.devices.measurements import opened, unmeasured
from qtn.devices.placement.transpile import Transpiled
from qtn.errors import ArgumentError
from qtn.interop.circuits import read_circuit

__all__ = ["Work", "parameter_rows", "read_pubs"]

MANNERS = "Give a QuantumCircuit, a pair (circuit, values), or a list of either."


@dataclass(frozen=True, slots=True)
class Work:
    """One circuit with its bindings, checked.

    Args:
        circuit: the circuit as given.
        values: (bindings, parameters), or None for a single run without a binding axis.
        transpiled: the caller's own transpiled form, or None.
        measured: whether the circuit brings its own measurements. Otherwise it has no classical
            bits: those that were not used are gone.
    """

    circuit: QuantumCircuit
    values: NDArray[np.float64] | None
    transpiled: Transpiled | None
    measured: bool


def read_pubs(circuits: Any, *, measured_allowed: bool) -> list[Work]:
    """Check and normalise the `circuits` argument of `qtn.run`.

    Raises:
        ArgumentError: nothing to run, a wrong type, unbound parameters, values of a wrong shape,
            or measurements before the end beside observables.
    """
    items = list(circuits) if isinstance(circuits, list) else [circuits]
    if not items:
        raise fail("circuits", "at least one circuit", circuits, MANNERS)
    return [_read(item, measured_allowed) for item in items]


def _read(item: Any, measured_allowed: bool) -> Work:
    values = None
    if isinstance(item, tuple):
        if len(item) not in (1, 2):
            raise fail("circuits", "a pair (circuit, values)", item, MANNERS)
        item, values = item[0], item[1] if len(item) == 2 else None
    transpiled = item if isinstance(item, Transpiled) else None
    circuit = read_circuit(item, "circuits", way_out=MANNERS)
    if circuit.num_qubits == 0:
        raise fail("circuits", "made of circuits with qubits", circuit, MANNERS)
    measured = any(i.clbits for i in circuit.data)
    if transpiled is None and not (measured and measured_allowed):
        circuit = unmeasured(circuit, "`observables` need to choose the measurement bases")
    elif measured and not measured_allowed:
        raise ArgumentError(
            f"Circuit {circuit.name!r} was transpiled together with its measurements, which may "
            "have removed gates that `observables` need. Transpile it without measurements."
        )
    elif transpiled is None:
        circuit = opened(circuit)
    return Work(circuit, _values(circuit, values), transpiled, measured and measured_allowed)


def parameter_rows(circuit: QuantumCircuit, values: Any) -> Any:
    """Return a mapping or `BindingsArray` as an array (bindings, parameters), else `values`.

    Args:
        circuit: has the parameters, whose order is that of the columns.
        values: for instance `{"a": [0.1, 0.2], ("b", "c"): [[1, 2], [3, 4]]}`.

    Raises:
        ArgumentError: names or shapes that do not fit the circuit.
    """
    if not isinstance(values, Mapping | BindingsArray):
        return values
    try:
        array = BindingsArray.coerce(values).as_array(circuit.parameters)
    except (ValueError, TypeError, AttributeError) as error:
        names = ", ".join(p.name for p in list(circuit.parameters)[:4]) or "none"
        raise ArgumentError(
            f"Argument `values` must give a number, or as many as there are bindings, to every "
            f"parameter of circuit {circuit.name!r} ({names}): {error}"
        ) from error
    return array[None] if array.ndim == 1 else array


def _values(circuit: QuantumCircuit, values: Any) -> NDArray[np.float64] | None:
    count = circuit.num_parameters
    names = ", ".join(p.name for p in list(circuit.parameters)[:4]) + (", ..." if count > 4 else "")
    if values is None:
        if count:
            raise ArgumentError(
                f"Circuit {circuit.name!r} has {count} unbound parameter(s) ({names}). Give "
                "(circuit, values) with values of shape (bindings, parameters), or bind them."
            )
        return None
    values = parameter_rows(circuit, values)
    if not count and np.ndim(values) == 2 and np.shape(values)[1] == 0 and len(values):
        return np.zeros((len(values), 0))  # what is left when no parameter had an effect
    array = finite_array("values", values, dtype=np.float64, way_out=MANNERS)
    if array.ndim != 2 or array.shape[1] != count:
        raise ArgumentError(
            f"Argument `values` must have shape (bindings, {count}) for circuit {circuit.name!r} "
            f"with parameters ({names}), but has shape {np.shape(values)}. "
            "Columns follow circuit.parameters."
        )
    return array

"""Any circuit as a feature map: its gates are read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import fail, instance
from qtn.applications.quantum_kernels.base import FeatureMap, empty_circuit
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.errors import ArgumentError
from qtn.interop.circuits import first_major, gate_list

Floats = NDArray[np.float64]

WAY_OUT = (
    'Give "rotations", "zz", "iqp", "evolution", a FeatureMap, or a circuit whose parameters are '
    "the features."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CircuitMap(FeatureMap):
    """The feature map that a circuit with one parameter per feature is.

    Where all its gates on two qubits act on neighbours its states are chains, else state vectors
    of up to 20 qubits. Gates of known maps are faster to make.

    Args:
        bandwidth: see `FeatureMap`.
        template: a circuit without measurements; parameter i, in their order, is feature i.

    Raises:
        ArgumentError: no circuit, one without parameters, or with classical bits.

    Cost: some ten microseconds per row and gate to read, beside the kernel.

    Example:
        >>> from qiskit.circuit.library import z_feature_map
        >>> known = CircuitMap(template=z_feature_map(3))
        >>> known.state([0.1, 0.2, 0.3]).max_bond
        1
    """

    template: QuantumCircuit

    def __post_init__(self) -> None:
        FeatureMap.__post_init__(self)
        instance("feature_map", self.template, QuantumCircuit, "a feature map", way_out=WAY_OUT)
        if not self.template.num_parameters or self.template.num_clbits:
            raise ArgumentError(
                "Argument `feature_map` must be a circuit with parameters and without measurements,"
                f" but has {self.template.num_parameters} parameters and "
                f"{self.template.num_clbits} classical bits. {WAY_OUT}"
            )

    def qubits(self, features: int) -> int:
        """Return the number of qubits of the circuit."""
        return int(self.template.num_qubits)

    @property
    def has_chain(self) -> bool:
        """Whether all gates on two qubits act on neighbours."""
        row = np.zeros((1, self.template.num_parameters))
        return all(gate.sites[-1] - gate.sites[0] <= 1 for gate in self.gates(row))

    def circuit(self, features: int) -> QuantumCircuit:
        """Return the circuit with the bandwidth in its angles."""
        self._check(features)
        _, x = empty_circuit(1, features, "features")
        values: dict[Any, Any] = dict(
            zip(self.template.parameters, (self.bandwidth * f for f in x))
        )
        return self.template.assign_parameters(values)

    def gates(self, x: Floats) -> Iterator[Gate]:
        """Return the gates in turn."""
        self._check(x.shape[1])
        rows = [
            gate_list(self.template.assign_parameters(row), "feature_map").gates
            for row in self._angles(x)
        ]
        for gates in zip(*rows, strict=True):
            places, first = gates[0]
            matrices = np.array([matrix for _, matrix in gates])
            if (matrices == first).all():
                matrices = matrices[:1]
            if places == tuple(sorted(places)):
                matrices = np.array([first_major(matrix) for matrix in matrices])
            yield Gate(tuple(sorted(places)), matrices)

    def _check(self, features: int) -> None:
        wanted = self.template.num_parameters
        if features != wanted:
            raise fail("features", f"as many as the circuit has parameters, {wanted}", features)

r"""Kernels whose entries are measured: the overlap of two encoded rows by compute–uncompute.

With a feature map U(x) on n qubits

.. math:: k(x, z) = |\langle 0 | U(z)^\dagger U(x) | 0 \rangle|^2 ,

the probability that all qubits are measured as 0 after U(x) and the inverse of U(z). A matrix of
rows with themselves is symmetric and has 1 on its diagonal, so that m (m - 1)/2 entries are run.
Shot noise of up to √(k (1 - k)/N) per entry can make it indefinite, which no support vector
machine takes: negative eigenvalues are then set to 0 and the diagonal back to 1, and the method of
the estimate says so.

Two compiled states can also be compared side by side on 2n qubits (destructive swap test). It has
half the depth but as many gates, and its estimate of F has the variance (1 - F²)/N where
compute–uncompute has F (1 - F)/N: worse at every F below 1. It is not built.

Reference: Havlíček et al., Nature 567, 209 (2019); Garcia-Escartin and Chamorro-Posada, Phys. Rev.
A 87, 052330 (2013), for the destructive swap test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from qtn._checks import bounded_int, finite_array, flag, instance, positive_int
from qtn._display import Display, Displayed
from qtn._progress import checked_progress
from qtn.devices import Budget, Device, resolve, run
from qtn.devices.budget import check_budget
from qtn.devices.costs import RunPlan
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.mitigation import mitigate
from qtn.mitigation.planning import checked_techniques

Floats = NDArray[np.float64]
SMALL = 1e-12  # of an eigenvalue that is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class QuantumKernel(Displayed):
    """A kernel on a device; an object of it is what `sklearn.svm.SVC(kernel=...)` takes.

    Args:
        feature_map: a circuit without measurements whose parameters, in their order, are the
            features. None for one RY(π x) per feature, as trigonometric features have it: its
            kernel Π cos²(π (x - z)/2) needs no device, and is what to compare with.
        device, shots, mitigation, seed, budget, progress: as in `qtn.run`; shots are those of an
            entry.
        positive: whether a matrix of rows with themselves is made positive.

    Example:
        >>> from sklearn.svm import SVC
        >>> x, y = np.array([[0.1], [0.2], [0.8], [0.9]]), [0, 0, 1, 1]
        >>> SVC(kernel=QuantumKernel(shots=500)).fit(x, y).predict([[0.15], [0.95]])
        array([0, 1])
    """

    feature_map: QuantumCircuit | None = None
    device: Any = "aer"
    shots: int = 4096
    mitigation: Sequence[Any] = ()
    seed: int = 0
    budget: Budget | None = None
    progress: bool | None = None
    positive: bool = True

    def __post_init__(self) -> None:
        if self.feature_map is not None:
            way_out = "Give a circuit with one parameter per feature."
            instance("feature_map", self.feature_map, QuantumCircuit, "a circuit", way_out=way_out)
            if not self.feature_map.num_parameters or self.feature_map.num_clbits:
                raise ArgumentError(
                    "Argument `feature_map` must be a circuit with parameters and without "
                    f"measurements, but has {self.feature_map.num_parameters} parameters and "
                    f"{self.feature_map.num_clbits} classical bits. {way_out}"
                )
        positive_int("shots", self.shots)
        bounded_int("seed", self.seed, 0)
        flag("positive", self.positive)
        check_budget(self.budget)
        checked_progress(self.progress)
        object.__setattr__(self, "mitigation", checked_techniques(self.mitigation))
        resolve(self.device)

    def _brief(self) -> str:
        name = "RY(π x)" if self.feature_map is None else self.feature_map.name
        return f"{name}, device={self.device!r}, shots={self.shots}"

    def _display(self) -> Display:
        circuit = self.feature_map
        rows = [
            ("feature map", "RY(π x), one qubit per feature" if circuit is None else circuit.name),
            ("qubits", None if circuit is None else circuit.num_qubits),
            ("features", None if circuit is None else circuit.num_parameters),
            ("device", Device.of(self.device).label),
            ("shots of an entry", self.shots),
            ("mitigation", ", ".join(t.label for t in self.mitigation) or "none"),
            ("made positive", self.positive),
        ]
        return Display("Quantum kernel", rows)

    def __call__(self, x: ArrayLike, z: ArrayLike) -> Floats:
        """Return the measured matrix k(x_i, z_j), (rows, others)."""
        return np.asarray(self.matrix(x, z).value)

    def matrix(self, x: ArrayLike, z: ArrayLike | None = None) -> Estimate[np.ndarray]:
        """Measure k(x_i, z_j).

        Args:
            x: rows (batch, features).
            z: other rows; None, or the same rows, for a symmetric matrix, of which half is run.

        Returns:
            Estimate with arrays (rows of x, rows of z); `method` says what was repaired.

        Raises:
            ArgumentError: rows that cannot be used.
            BudgetError, DeviceError: as in `qtn.run`.

        Cost: one circuit per entry; of m rows with themselves m (m - 1)/2.
        """
        rows, others, same = self._rows(x, z)
        first, second = self._entries(len(rows), len(others), same)
        value, stderr = np.eye(len(rows)), np.zeros((len(rows), len(rows)))
        if not same:
            value = stderr = np.zeros((len(rows), len(others)))
        if not len(first):
            return Estimate(value, stderr, 0, "exact")
        circuit, pairs = self._circuit(rows.shape[1]), np.hstack([rows[first], others[second]])
        found = self._measured(circuit, pairs)
        value, stderr = value.copy(), stderr.copy()
        value[first, second], stderr[first, second] = found.value, found.stderr
        method = found.method
        if same:
            value[second, first], stderr[second, first] = found.value, found.stderr
            if self.positive:
                value, note = nearest_positive(value)
                method += note
        return Estimate(value, stderr, found.shots, method)

    def plan(self, x: ArrayLike, z: ArrayLike | None = None) -> RunPlan:
        """Return what `matrix` takes without mitigation, before anything runs."""
        rows, others, same = self._rows(x, z)
        first, second = self._entries(len(rows), len(others), same)
        pairs = np.hstack([rows[first], others[second]])
        zeros = "0" * self._circuit(rows.shape[1]).num_qubits
        where = {"device": self.device, "shots": self.shots, "seed": self.seed}
        plan: RunPlan = run((self._circuit(rows.shape[1]), pairs), zeros, dry_run=True, **where)
        return plan

    def _rows(self, x: ArrayLike, z: ArrayLike | None) -> tuple[Floats, Floats, bool]:
        rows = finite_array("x", x, ndim=2, dtype=np.float64)
        others = rows if z is None else finite_array("z", z, ndim=2, dtype=np.float64)
        wanted = rows.shape[1] if self.feature_map is None else self.feature_map.num_parameters
        for name, found in (("x", rows), ("z", others)):
            if found.shape[1] != wanted:
                raise ArgumentError(
                    f"Argument `{name}` must have {wanted} features per row, but has "
                    f"{found.shape[1]}."
                )
        return rows, others, np.array_equal(rows, others)

    @staticmethod
    def _entries(rows: int, others: int, same: bool) -> tuple[Any, Any]:
        if same:
            return np.triu_indices(rows, 1)
        first, second = np.indices((rows, others))
        return first.ravel(), second.ravel()

    def _circuit(self, features: int) -> QuantumCircuit:
        """Return U(x) followed by the inverse of U(z)."""
        x, z = ParameterVector("x", features), ParameterVector("z", features)
        if self.feature_map is None:
            circuit = QuantumCircuit(features, name="kernel")
            for qubit in range(features):
                circuit.ry(np.pi * (x[qubit] - z[qubit]), qubit)
            return circuit
        there, back = (
            self.feature_map.assign_parameters(dict(zip(self.feature_map.parameters, names)))
            for names in (x, z)
        )
        circuit = QuantumCircuit(self.feature_map.num_qubits, name="kernel")
        circuit.compose(there, inplace=True)
        circuit.compose(back.inverse(), inplace=True)
        return circuit

    def _measured(self, circuit: QuantumCircuit, pairs: Floats) -> Estimate:
        where: dict[str, Any] = {"device": self.device, "shots": self.shots, "seed": self.seed}
        where |= {"budget": self.budget, "progress": self.progress}
        zeros = "0" * circuit.num_qubits
        if self.mitigation:
            return mitigate((circuit, pairs), zeros, list(self.mitigation), **where)
        found = run((circuit, pairs), zeros, **where).values[0]
        return Estimate(found.value, found.stderr, found.shots * len(pairs), found.method)


def nearest_positive(matrix: Floats) -> tuple[Floats, str]:
    """Return a kernel matrix without negative eigenvalues and with 1 on its diagonal, and why.

    Negative eigenvalues are set to 0, which is the nearest positive matrix; rows and columns are
    then scaled so that the diagonal is 1 again.

    Example:
        >>> nearest_positive(np.array([[1.0, 1.1], [1.1, 1.0]]))[0].round(12)
        array([[1., 1.],
               [1., 1.]])
    """
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= -SMALL:
        return matrix, ""
    found = (vectors * np.maximum(values, 0.0)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(found))
    count = int((values < -SMALL).sum())
    text = f" + made positive ({count} eigenvalues down to {values[0]:.2g} set to 0)"
    return found * scale[:, None] * scale, text

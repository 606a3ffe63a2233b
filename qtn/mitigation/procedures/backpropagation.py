r"""Operator backpropagation: the end of a circuit, moved into the observable before anything runs.

With the circuit U = B A, ⟨O⟩ after U is ⟨B†OB⟩ after A: the device runs A, shorter and less noisy,
and measures B†OB, a sum of more strings in more bases. Layer after layer of two-qubit gates is
taken from the end, as long as strings and bases stay within the budgets; strings that do not fit
may be dropped up to `error`, which bounds what that changes, Σ|c| of the dropped.

Where to cut is a forecast. Bases b whose strings have the weights V_b = Σ c² take, with the
shots shared out in the best way, a variance of C / shots, C = (Σ_b √V_b)². Undoing the noise of m
two-qubit gates of infidelity ε multiplies variances by γ², γ = e^{5 ε m / 2} (depolarising noise).
The cut is where

.. math:: γ² C / shots + bound²

is least, the uncut circuit among the candidates. Gates that the observable does not see are left
out in any case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import positive_int, real
from qtn._display import Display, Displayed
from qtn._machine import few_threads
from qtn.devices import resolve
from qtn.interop.circuits import operation_matrix
from qtn.interop.counting import two_qubit_depth, two_qubit_gates
from qtn.interop.observables import (
    ObservableLike,
    is_single,
    operator_from_labels,
    parse_observables,
)
from qtn.mitigation.procedures.tails import bare_circuit, levels_from_end, seen_by, with_gates
from qtn.states.operators import Observable, Term, aligned, spread_of
from qtn.states.pauli_sums import PauliSum, generators_of, propagate

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

GATE_ERROR = 0.005  # of a two-qubit gate where no device says otherwise
NEGLIGIBLE_STRING = 1e-14  # of the largest coefficient: what a cancellation leaves


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Backpropagated(Displayed):
    """A shorter circuit, and the observables that have on it the values of the given ones.

    Args:
        circuit: what is left to run, without gates that no observable sees.
        observables: one per observable given.
        errors: per observable, the most that dropped strings change its value by.
        layers: of two-qubit gates taken into the observables.
        groups: measurement bases of all observables together.
        gates: two-qubit gates before, and left.
        depths: two-qubit depth before, and left.
        gain: forecast mean square error without this step, over that with it; at least 1.
        single: whether one observable was given, not a list.
    """

    circuit: QuantumCircuit
    observables: tuple[SparsePauliOp, ...]
    errors: tuple[float, ...]
    layers: int
    groups: int
    gates: tuple[int, int]
    depths: tuple[int, int]
    gain: float
    single: bool = True

    @property
    def observable(self) -> Any:
        """The observable, or the list of them: what `qtn.run` and `qtn.mitigate` take."""
        return self.observables[0] if self.single else list(self.observables)

    @property
    def strings(self) -> int:
        """Pauli strings of all observables together."""
        return sum(len(one) for one in self.observables)

    def _brief(self) -> str:
        return f"{self.layers} layers into {self.strings} strings in {self.groups} bases"

    def _display(self) -> Display:
        rows = [
            ("layers taken", self.layers),
            ("two-qubit gates", f"{self.gates[0]}, now {self.gates[1]}"),
            ("two-qubit depth", f"{self.depths[0]}, now {self.depths[1]}"),
            ("strings", self.strings),
            ("measurement bases", self.groups),
            ("error by dropped strings, at most", max(self.errors, default=0.0)),
            ("forecast gain in mean square error", self.gain),
        ]
        return Display("Backpropagated circuit", rows)


@few_threads(1)
def backpropagate(
    circuit: Any,
    observables: ObservableLike | Sequence[ObservableLike],
    *,
    max_terms: int = 1000,
    max_groups: int | None = None,
    error: float = 0.0,
    device: Any = None,
    shots: int = 100_000,
) -> Backpropagated:
    """Move the end of a circuit into the observables, as far as it pays.

    Args:
        circuit: a `QuantumCircuit`, compiled result or OpenQASM text without free parameters;
            measurements at its end change nothing.
        observables: one or a list, as in `qtn.mitigate`.
        max_terms: most Pauli strings, all observables together.
        max_groups: most measurement bases (qubit-wise commuting), all observables together; None
            leaves it to the forecast.
        error: most that strings dropped to fit may change a value by.
        device: whose two-qubit gates' median error the forecast takes; None takes .005.
        shots: that will be spent, for the forecast.

    Returns:
        The shorter circuit and its observables: give both to `qtn.run` or `qtn.mitigate`, with a
        `ShotBudget` so that heavy bases get more shots.

    Raises:
        ArgumentError: a circuit, observable or number that cannot be used.

    Cost: per layer, rotations × strings, and strings × bases for the grouping.

    Example:
        >>> kicked = QuantumCircuit(2)
        >>> _ = kicked.ry(0.3, 0); _ = kicked.cx(0, 1); _ = kicked.h(0); _ = kicked.cz(0, 1)
        >>> found = backpropagate(kicked, "ZX")
        >>> found.layers, found.observable.to_list(), found.circuit.size()
        (2, [('IZ', (1+0j))], 1)

    Reference: Fuller et al., arXiv:2502.01897. Here the cut is chosen by the forecast error, with
        the uncut circuit among the candidates, and gates outside the light cones are left out.
    """
    positive_int("max_terms", max_terms)
    positive_int("shots", shots)
    if max_groups is not None:
        positive_int("max_groups", max_groups)
    real("error", error, 0.0)
    bare = bare_circuit(circuit, "its end is moved into the observables")
    wanted = parse_observables(observables, bare.num_qubits)
    limits = Limits(max_terms, max_groups, float(error))
    expected = _Forecast(_gate_error(device), shots)
    levels = levels_from_end(bare)
    cuts = cuts_within(bare, levels, wanted, limits)
    errors = [expected.error(bare, levels, cut) for cut in cuts]
    best = int(np.argmin(errors))
    return _result(bare, levels, cuts[best], errors[0] / errors[best], is_single(observables))


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets."""

    terms: int
    groups: int | None
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Observables before the last layers, and what was dropped from each."""

    layers: int
    sums: tuple[PauliSum, ...]
    dropped: tuple[float, ...]
    joint: Observable

    def further(self, circuit: QuantumCircuit, gates: Sequence[Any], limits: Limits) -> Cut | None:
        """Take one more layer in; None where the budgets do not allow it."""
        n = circuit.num_qubits
        places = {qubit: k for k, qubit in enumerate(circuit.qubits)}
        touched = {q for term in self.joint.terms for q in term.qubits}
        acting = [
            (tuple(places[q] for q in gate.qubits), operation_matrix(gate.operation))
            for gate, seen in zip(gates, seen_by(circuit, touched, gates), strict=True)
            if seen
        ]
        layer = generators_of(n, acting)
        grown = [propagate(one, layer).kept for one in self.sums]
        sizes = np.sort(np.concatenate([np.abs(one.coefficients) for one in grown]))
        least = NEGLIGIBLE_STRING * float(sizes[-1]) if len(sizes) else 0.0
        if len(sizes) > limits.terms:
            least = max(least, float(np.nextafter(sizes[len(sizes) - limits.terms - 1], np.inf)))
        rounding = (
            len(sizes) * NEGLIGIBLE_STRING * max((one.total for one in self.sums), default=0.0)
        )
        allowed = limits.error + rounding
        if self._dropped(grown, least) > allowed:
            return None
        found = self._truncated(n, grown, least)
        if limits.groups is not None and len(found.joint.bases) > limits.groups:
            if limits.error == 0:
                return None
            found = self._fewer_bases(n, grown, sizes[sizes >= least], limits.groups)
        return found if max(found.dropped, default=0.0) <= allowed else None

    def _dropped(self, grown: Sequence[PauliSum], least: float) -> float:
        """Return the largest bound after dropping coefficients below a size."""
        pairs = zip(self.dropped, grown, strict=True)
        return max((old + one.truncated(cutoff=least)[1].values for old, one in pairs), default=0.0)

    def _truncated(self, n: int, grown: Sequence[PauliSum], least: float) -> Cut:
        """Drop coefficients below a size."""
        parts = [one.truncated(cutoff=least) for one in grown]
        kept = tuple(part[0] for part in parts)
        dropped = tuple(
            before + part[1].values for before, part in zip(self.dropped, parts, strict=True)
        )
        return Cut(self.layers + 1, kept, dropped, _joint(kept, n))

    def _fewer_bases(self, n: int, grown: Sequence[PauliSum], sizes: Any, groups: int) -> Cut:
        """Drop as few of the smallest coefficients as it takes to fit into some bases."""
        low, high = 0, len(sizes)
        while low < high:
            middle = (low + high) // 2
            tried = self._truncated(n, grown, float(np.nextafter(sizes[middle], np.inf)))
            low, high = (low, middle) if len(tried.joint.bases) <= groups else (middle + 1, high)
        return self._truncated(n, grown, float(np.nextafter(sizes[low], np.inf)))


def cuts_within(
    circuit: QuantumCircuit,
    levels: Sequence[int],
    wanted: Sequence[Observable],
    limits: Limits,
) -> list[Cut]:
    """Return the uncut circuit, then layer after layer taken, as far as the budgets allow.

    Args:
        circuit: gates on one and two qubits.
        levels: layer of every gate, from the end.
        wanted: observables.
        limits: the budgets.
    """
    cuts = [_first(circuit, wanted)]
    for layer in range(1, max(levels, default=0) + 1):
        gates = [i for i, level in zip(circuit.data, levels, strict=True) if level == layer]
        further = cuts[-1].further(circuit, gates, limits)
        if further is None:
            break
        cuts.append(further)
    return cuts


def _first(circuit: QuantumCircuit, wanted: Sequence[Observable]) -> Cut:
    """Return the observables as they are given."""
    n = circuit.num_qubits
    sums = tuple(PauliSum.from_terms([*o.terms, Term(o.constant, ())], n) for o in wanted)
    return Cut(0, sums, (0.0,) * len(sums), _joint(sums, n))


def _joint(sums: Sequence[PauliSum], n: int) -> Observable:
    """Return all strings with their shared bases, each as large as it counts in all."""
    return spread_of(aligned([Observable.of(n, _terms(one)) for one in sums]))


def _terms(total: PauliSum) -> list[Term]:
    if not len(total):
        return []
    return [
        Term(float(c), tuple((q, a) for q, a in enumerate(reversed(label)) if a != "I"))
        for label, c in zip(total.labels(), total.coefficients, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Forecast:
    """The mean square error to expect of a cut."""

    gate_error: float
    shots: int

    def error(self, circuit: QuantumCircuit, levels: Sequence[int], cut: Cut) -> float:
        """Return γ² C / shots + bound²."""
        left = _left(circuit, levels, cut)
        squares = cut.joint.coefficients**2
        parts = [math.sqrt(squares[list(b.terms)].sum()) for b in cut.joint.bases]
        amplified = math.exp(min(5.0 * self.gate_error * two_qubit_gates(left), 600.0))
        return amplified * sum(parts) ** 2 / self.shots + max(cut.dropped, default=0.0) ** 2 + 1e-30


def _left(circuit: QuantumCircuit, levels: Sequence[int], cut: Cut) -> QuantumCircuit:
    """Return the circuit without the layers of a cut and without what its observables miss."""
    shorter = with_gates(circuit, [level > cut.layers for level in levels])
    qubits = {q for term in cut.joint.terms for q in term.qubits}
    return with_gates(shorter, seen_by(shorter, qubits))


def _gate_error(device: Any) -> float:
    """Return the median error of a device's two-qubit gates."""
    if device is None:
        return GATE_ERROR
    target = resolve(device).target
    if target is None:
        return 0.0
    found = [
        properties.error
        for name in target.operation_names
        for qubits, properties in (target[name] or {}).items()
        if qubits is not None and len(qubits) == 2 and getattr(properties, "error", None)
    ]
    return float(np.median(found)) if found else 0.0


def _result(
    circuit: QuantumCircuit, levels: Sequence[int], cut: Cut, gain: float, single: bool
) -> Backpropagated:
    """Write a cut as circuit and operators."""
    left = _left(circuit, levels, cut)
    zero = ["I" * circuit.num_qubits], [0.0]
    written = [(one.labels(), one.coefficients) if len(one) else zero for one in cut.sums]
    return Backpropagated(
        left,
        tuple(operator_from_labels(labels, values) for labels, values in written),
        cut.dropped,
        cut.layers,
        len(cut.joint.bases),
        (two_qubit_gates(circuit), two_qubit_gates(left)),
        (two_qubit_depth(circuit), two_qubit_depth(left)),
        gain,
        single,
    )

"""A device as the compiler sees it: its own gates, the best line on it, what survives its noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from qiskit.circuit import QuantumCircuit
from qiskit.transpiler import Target

from qtn.aqc.points import Point
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import BASES
from qtn.errors import ArgumentError

USUAL_ERROR = 1e-3  # of a two-qubit gate, where a device tells none


@dataclass(frozen=True, slots=True)
class Expected:
    """What to expect of a circuit on a device.

    Args:
        survival: probability that gates, waiting and readout leave the state as it is.
        basis: two-qubit gate that it was written in.
        qubits: device qubit of every site.
        two_qubit_gates: on the device, those of swaps included.
    """

    survival: float
    basis: str
    qubits: tuple[int, ...]
    two_qubit_gates: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Noise:
    """A device with its errors, and what was computed of circuits on it.

    Args:
        name: to print.
        target: Qiskit's description of gates, couplings, errors, durations.
        bases: the two-qubit gates that it has and circuits can be written in.
    """

    name: str
    target: Target
    bases: tuple[str, ...]
    NOTES: ClassVar[tuple[str, ...]] = (
        *("device", "device qubits", "expected fidelity", "expected fidelities", "chosen"),
    )
    """Names of what `notes` says."""

    _known: dict[int, tuple[Blocks, Expected]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, device: Any) -> Noise:
        """Read a device.

        Args:
            device: name of a fake backend, a Qiskit backend, an engine or `qtn.Device`, or a
                Qiskit `Target`.

        Raises:
            ArgumentError: an unknown device, a simulator without errors, or gates that circuits
                cannot be written in.
        """
        if isinstance(device, Target):
            name, target = device.description or "the target", device
        else:
            from qtn.devices.lookup import Device, resolve  # its room loads simulators

            name, target = Device.of(device).label, resolve(device).target
        if target is None or target.build_coupling_map() is None:
            raise ArgumentError(
                f"Argument `device` must have gates, couplings and errors, but {name} is a "
                'simulator without. Give a backend such as "FakeTorino", or leave `device` out.'
            )
        bases = tuple(b for b in BASES if b in target.operation_names)
        if not bases:
            raise ArgumentError(
                f"Argument `device` must have one of the two-qubit gates {', '.join(BASES)}, but "
                f"{name} has {', '.join(sorted(target.operation_names))}."
            )
        return cls(name, target, bases)

    def written_in(self, basis: str | None) -> Noise:
        """Return the device with one of its two-qubit gates only; None leaves all.

        Raises:
            ArgumentError: a gate that it does not have.
        """
        if basis is None:
            return self
        if basis not in self.bases:
            raise ArgumentError(
                f"Arguments `basis` and `device` exclude each other: {self.name} has "
                f"{', '.join(self.bases)}, but basis is {basis!r}. Leave `basis` out."
            )
        return Noise(self.name, self.target, (basis,))

    def check_line(self, n: int) -> None:
        """Refuse a device on which a chain of `n` sites finds no line of coupled qubits.

        Raises:
            ArgumentError: too few qubits, or no line found that is long enough.
        """
        most = self.target.num_qubits or 0
        longest = min(n, most)
        if longest > 1 and not self._holds_line(longest):
            # What holds a line holds shorter ones: halve what is left.
            fits, fails = 1, longest
            while fails - fits > 1:
                middle = (fits + fails) // 2
                fits, fails = (middle, fails) if self._holds_line(middle) else (fits, middle)
            longest = fits
        if longest < n:
            raise ArgumentError(
                f"Argument `device` must have {n} coupled qubits in a line, one per site, but the "
                f"longest line found on {self.name} ({most} qubits) has {longest}. Take a larger "
                "device, or compile without `device`."
            )

    def _holds_line(self, n: int) -> bool:
        """Whether a line of so many qubits is found without a broken coupling."""
        from qtn.devices.placement.layout import choose_layout, over_broken

        line = _line(n)
        layout = choose_layout(line, self.target)
        return layout is not None and not over_broken(line, layout, self.target)

    @property
    def error(self) -> float:
        """Median error of the two-qubit gates that circuits are written in."""
        entries = [e for basis in self.bases for e in (self.target[basis] or {}).values()]
        errors = sorted(e.error for e in entries if e is not None and e.error)
        return errors[len(errors) // 2] if errors else USUAL_ERROR

    def expected(self, point: Point) -> Expected:
        """Return what to expect of a circuit in the better basis, on the best qubits found."""
        known = self._known.get(id(point.sequence))
        if known is None:
            tried = [self._placed(point.with_basis(basis)) for basis in self.bases]
            known = point.sequence, max(tried, key=lambda e: e.survival)
            self._known[id(point.sequence)] = known
        return known[1]

    def fidelity(self, point: Point) -> float:
        """Return the fidelity to expect: that of the circuit times what survives the noise."""
        return (1.0 - point.infidelity) * self.expected(point).survival

    def survival(self, point: Point) -> float:
        """Return what would be expected of the circuit if it were exact."""
        return self.expected(point).survival

    def basis(self, point: Point) -> str:
        """Return the two-qubit gate that a circuit is best written in."""
        return self.expected(point).basis

    def notes(self, best: Point, pareto: Sequence[Point]) -> dict[str, Any]:
        """Return what a result says about the choice of a circuit for the device."""
        found = self.expected(best)
        others = [p for p in pareto if p.sequence is not best.sequence]
        why = f"{best.method}: {found.two_qubit_gates} {found.basis.upper()}, of which "
        why += f"{found.survival:.3f} survives the noise"
        if others:
            second = max(others, key=self.fidelity)
            why += f"; the next, {second.method}, is expected to reach {self.fidelity(second):.3f}"
        return {
            "device": self.name,
            "device qubits": list(found.qubits),
            "expected fidelity": self.fidelity(best),
            "expected fidelities": [self.fidelity(p) for p in pareto],
            "chosen": why,
        }

    def _placed(self, point: Point) -> Expected:
        from qtn.devices.placement.expected import expected_fidelity, idle_fidelity
        from qtn.devices.placement.transpile import transpile_to

        placed = transpile_to(point.circuit, self.target, 0, name=self.name)
        survival = expected_fidelity(placed, self.target) * idle_fidelity(placed, self.target)
        return Expected(survival, point.basis, placed.initial, placed.two_qubit_gates)


def _line(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for site in range(n - 1):
        circuit.cx(site, site + 1)
    return circuit

"""What the compiler returns: circuit, fidelity with a rigorous floor, status, history."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from qiskit.circuit import ParameterVector, QuantumCircuit

from qtn._checks import bounded_int, fail, instance, real
from qtn._display import Display, Displayed, Table
from qtn._machine import few_threads
from qtn.aqc.figure import Drawn
from qtn.aqc.noise import Noise
from qtn.aqc.points import EXACT, Front, Point, checked_limits, nothing_like_that
from qtn.aqc.shape.ansatz import Ansatz
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import Certificate
from qtn.aqc.shape.couplings import KNOWN, read_couplings
from qtn.aqc.shape.emit import to_circuit
from qtn.aqc.shape.reuse import Reused, on_few_qubits
from qtn.aqc.shape.routing import Routed, route_circuit
from qtn.errors import ArgumentError
from qtn.interop.counting import Counted

_SLACK = 1e-9  # of what a file claims
# Notes that a table of the result shows.
SAID = ("device", "expected fidelity", "chosen", "refined", "energy")


class Status(enum.Enum):
    """How a compilation ended; the value says what to do next."""

    CONVERGED = "Converged: more steps gain little. For a higher fidelity, add layers."
    REACHED = "The infidelity asked for was reached before the steps ran out."
    STEPS = "Still improving when the steps ran out: go on with Resume(result), or allow more."
    TIME = (
        "Still improving when the time ran out: allow more with Auto(seconds=...), or go on with "
        "Resume(result)."
    )
    INTERRUPTED = "Stopped by the user: this is the best so far. Go on with Resume(result)."
    ERROR = "Stopped by an error: this is the best so far. Go on with Resume(result)."
    NO_OVERLAP = (
        "Every start had zero overlap with the target and no step could change it. "
        "Try another start, another seed or Staircase(...)."
    )
    CHOSEN = "Of the circuits seen, the one that suits what was asked for: pick(...) gives others."
    REFINED = (
        "Refined for a task after it was compiled: the infidelity is still that with the target of "
        "the compilation, and no longer what was sought."
    )
    EXACT = "Exact up to rounding (infidelity below 1e-10): the shape holds the target."


@dataclass(frozen=True, slots=True, repr=False)
class Record(Displayed):
    """One line of the history: CPU seconds since the start, layers, and the infidelity then."""

    seconds: float
    layers: int
    infidelity: float

    def _brief(self) -> str:
        return f"{self.seconds:.3g} s, {self.layers} layers, infidelity {self.infidelity:.3g}"

    def _display(self) -> Display:
        rows = [("CPU seconds", self.seconds), ("layers", self.layers)]
        return Display("Step of a search", [*rows, ("infidelity", f"{self.infidelity:.3e}")])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Compiled(Drawn, Displayed, Counted):
    """A circuit that prepares a target state, or is a target operator, and how well it does.

    Args:
        circuit: prepares the state from |0...0>, or is the operator; qubit i = site i.
        infidelity: 1 - |⟨target|circuit⟩|² or 1 - |Tr(U†V)|²/4ⁿ, by a tight contraction; NaN where
            the circuit was changed after it was read from a file, which holds no target.
        floor: rigorous lower bound of the fidelity, truncation errors included.
        sequence: the blocks on their sites, in time order.
        status: how the search ended; its value is advice.
        history: seconds, layers and infidelity of every step; the last record is that of the
            circuit returned.
        seconds: CPU seconds of the whole compilation.
        provenance: method, seed, versions.
        pareto: the front of two-qubit gates against infidelity seen on the way, each point with
            its gates.
        basis: two-qubit gate of `circuit`.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
        certificate: what certifies other blocks for the same target, which it holds; files have
            none.
    """

    kind: ClassVar[str] = "compiled"

    circuit: QuantumCircuit
    infidelity: float
    floor: float
    sequence: Blocks
    status: Status
    history: tuple[Record, ...] = ()
    seconds: float = 0.0
    provenance: dict[str, Any] = field(default_factory=dict)
    pareto: tuple[Point, ...] = ()
    basis: str = "cx"
    verified: bool = True
    certificate: Callable[[Blocks], Certificate] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "pareto", Front(self.pareto))

    @property
    def fidelity(self) -> float:
        """|⟨target|circuit⟩|²."""
        return 1.0 - self.infidelity

    @property
    def blocks(self) -> int:
        """Number of two-qubit blocks before emission."""
        return self.sequence.size

    @property
    def ansatz(self) -> Ansatz:
        """The layers on neighbours that the blocks lie in; blocks on other pairs have none."""
        return self.sequence.ansatz

    @property
    def gates(self) -> np.ndarray:
        """The blocks on two sites, array (blocks, 4, 4), by layers if they have them."""
        return self.sequence.matrices

    def parameterised(self) -> tuple[QuantumCircuit, np.ndarray]:
        """Return the circuit with a named parameter for every angle, and the angles.

        Returns:
            The circuit, whose `parameters` are `t[0], t[1], ...`, and their values in that order:
            binding them gives `circuit` again.

        Example:
            >>> from qtn.states import MPS
            >>> import qtn.aqc as aqc
            >>> bell = aqc.compile(MPS.from_dense([0.6, 0, 0, 0.8]), aqc.Staircase(1))
            >>> free, angles = bell.parameterised()
            >>> len(free.parameters) == len(angles)
            True
        """
        count = sum(len(i.operation.params) for i in self.circuit.data)
        names = ParameterVector("t", count)
        out = self.circuit.copy_empty_like()
        values: list[float] = []
        for item in self.circuit.data:
            angles = [float(p) for p in item.operation.params]
            free = [names[len(values) + i] for i in range(len(angles))]
            operation = type(item.operation)(*free) if angles else item.operation
            out.append(operation, item.qubits)
            values.extend(angles)
        return out, np.array(values)

    def with_basis(self, basis: str) -> Compiled:
        """Return the same result written in "cx", "cz", "ecr" or "rzz"."""
        circuit = to_circuit(self.sequence, basis)
        pareto = tuple(point.with_basis(basis) for point in self.pareto)
        return replace(self, circuit=circuit, basis=basis, pareto=pareto)

    def pick(
        self,
        *,
        max_two_qubit_gates: int | None = None,
        max_depth: int | None = None,
        infidelity: float | None = None,
        device: Any = None,
    ) -> Compiled:
        """Return another circuit of the front, without compiling again.

        Of those within the budgets that reach the infidelity it is the one of fewest gates; without
        an infidelity the one nearest to the target; with a device the one of the highest fidelity
        to expect there, in the device's gates.

        Args:
            max_two_qubit_gates: largest number of two-qubit gates; None for no limit.
            max_depth: largest depth counting two-qubit gates only; None for no limit.
            infidelity: the goal; None for none.
            device: as in `qtn.Auto`.

        Returns:
            A result with its own certificate. That of a circuit from a file is what the search
            that made it saw, without a floor.

        Raises:
            ArgumentError: no circuit of the front is like that.

        Cost: one contraction with the target per circuit that is held against the goal; with a
        device one transpilation per circuit within the budgets.

        Example:
            >>> import numpy as np
            >>> import qtn
            >>> state = qtn.evolve(qtn.chain("heisenberg", 8), "neel", 1.0)
            >>> front = qtn.compile(state, qtn.Auto(infidelity=1e-6))
            >>> front.pick(infidelity=1e-2).two_qubit_gates < front.two_qubit_gates
            True
        """
        limits = checked_limits(max_two_qubit_gates, max_depth, infidelity)
        rating = None if device is None else Noise.of(device)
        limits = replace(limits, rating=rating)
        for point in sorted(filter(limits.kept, self.pareto), key=limits.rank):
            if infidelity is None or point.infidelity <= 2.0 * infidelity:
                made = self._made(point, rating)
                if infidelity is None or made.infidelity <= infidelity:
                    return made
        raise ArgumentError(nothing_like_that(limits, self.pareto))

    def _made(self, point: Point, rating: Noise | None) -> Compiled:
        """Return a point of the front as a result of its own."""
        infidelity, floor = point.infidelity, 0.0
        if point.sequence is self.sequence:
            infidelity, floor = self.infidelity, self.floor
        elif self.certificate is not None:
            found = self.certificate(point.sequence)
            infidelity, floor = found.infidelity, found.floor
        notes = {k: v for k, v in self.provenance.items() if k not in Noise.NOTES}
        basis = self.basis
        if rating is not None:
            notes |= rating.notes(replace(point, infidelity=infidelity), self.pareto)
            basis = rating.basis(point)
        last = Record(self.seconds, point.sequence.depth, infidelity)
        return replace(
            self,
            circuit=to_circuit(point.sequence, basis),
            infidelity=infidelity,
            floor=floor,
            sequence=point.sequence,
            status=Status.EXACT if infidelity < EXACT else Status.CHOSEN,
            history=(*self.history, last),
            provenance=notes | {"picked": point.method},
            pareto=tuple(p.with_basis(basis) for p in self.pareto),
            basis=basis,
        )

    @few_threads(1)
    def routed(self, device: Any = "line", seed: int = 0) -> Routed:
        """Return the circuit on coupled qubits with its swaps, beside the count without them.

        Args:
            device: "line", "heavy-hex" (the smallest lattice that is large enough), the name of a
                fake backend, pairs of qubits, or a Qiskit backend, target or coupling map.
            seed: of the places tried.

        Raises:
            ArgumentError: an unknown device, or one with too few connected qubits; an operator,
                since swaps of a routed circuit rely on qubits that start in |0⟩.

        Cost: some 400 ways through the circuit, of a millisecond for 150 gates on 16 sites.
        """
        bounded_int("seed", seed, 0)
        if isinstance(device, str) and device not in KNOWN:
            device = Noise.of(device).target
        couplings = read_couplings(device, self.sequence.n)
        return route_circuit(self.sequence, self.basis, couplings, seed)

    def reused(self) -> Reused:
        """Return a circuit of the same samples on few qubits, by measurement and reset.

        A window circuit of bond χ takes log2 χ + 1 qubits.

        Raises:
            ArgumentError: an operator, which has no samples.

        Example:
            >>> import qtn
            >>> ghz = np.zeros(32); ghz[[0, -1]] = 0.5**0.5
            >>> few = qtn.compile(ghz, qtn.Window()).reused()
            >>> few.qubits, sorted(qtn.run(few.circuit, shots=100).counts())
            (2, ['00000', '11111'])
        """
        self.sequence.check_state("reused")
        return Reused(on_few_qubits(self.circuit), self.infidelity)

    def qasm(self) -> str:
        """Return the circuit as OpenQASM 3."""
        from qtn.interop.qasm import to_qasm3

        return to_qasm3(self.circuit)

    def _brief(self) -> str:
        lacks = "unknown" if math.isnan(self.infidelity) else f"{self.infidelity:.3g}"
        return (
            f"{self.sequence.n} qubits, infidelity {lacks}, {self.two_qubit_gates} "
            f"{self.basis.upper()}, depth {self.two_qubit_depth}, {self.status.name}"
        )

    def _display(self) -> Display:
        details = Table(("provenance", "value"), list(self.provenance.items()), folded=True)
        front = [Front(self.pareto).table()] if len(self.pareto) > 1 else []
        return Display("Compiled circuit", self._rows(), [*front, details])

    def _rows(self) -> list[tuple[str, Any]]:
        gate = self.basis.upper()
        says = "" if self.verified else "; so says the file, see qtn.verify"
        lacks = f"{self.infidelity:.3e}"
        fidelity = f"{self.fidelity:.8f} (rigorously at least {self.floor:.8f}){says}"
        if math.isnan(self.infidelity):
            lacks, fidelity = "unknown", "unknown: the target is not in the file, see qtn.verify"
        return [
            ("qubits", self.sequence.n),
            ("acts on", "any state" if self.sequence.operator else None),
            ("method", str(self.provenance.get("method", ""))),
            ("infidelity", lacks),
            ("fidelity", fidelity),
            ("blocks, layers", f"{self.blocks}, {self.sequence.depth}"),
            (f"{gate}, {gate} depth", f"{self.two_qubit_gates}, {self.two_qubit_depth}"),
            ("CPU seconds", f"{self.seconds:.2f}"),
            ("status", self.status.value),
            *[(name, self.provenance[name]) for name in SAID if name in self.provenance],
        ]

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        arrays, blocks = self.sequence.pack()
        arrays["history"] = np.array([[r.seconds, r.layers, r.infidelity] for r in self.history])
        shapes = []
        for k, point in enumerate(self.pareto):
            found, shape = point.sequence.pack()
            arrays |= {f"pareto.{k}.{name}": array for name, array in found.items()}
            shapes.append(shape.get("layers", shape))
        header = {
            "n": self.sequence.n,
            **blocks,
            "infidelity": None if math.isnan(self.infidelity) else self.infidelity,
            "floor": self.floor,
            "status": self.status.name,
            "seconds": self.seconds,
            "provenance": self.provenance,
            "basis": self.basis,
            "pareto": [
                [p.method, p.blocks, p.two_qubit_gates, p.two_qubit_depth, p.infidelity]
                for p in self.pareto
            ],
            "pareto layers": shapes,
        }
        return arrays, header

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Compiled:
        """Rebuild from what `pack` returned; the circuit is emitted again from the blocks."""
        shape = header["layers"] if "layers" in header else {"sites": header["sites"]}
        sequence = Blocks.unpack(header["n"], shape, arrays, "", header.get("operator", False))
        basis = header["basis"]
        infidelity, most = math.nan, 1.0
        if header["infidelity"] is not None:
            infidelity = real("infidelity", header["infidelity"], 0.0, 1.0 + _SLACK)
            most = 1.0 - infidelity
        real("floor", header["floor"], -_SLACK, most + _SLACK)
        real("seconds", header["seconds"], 0.0)
        instance("provenance", header["provenance"], dict, "names and values")
        # Files of the first versions hold the figures of the front without its gates.
        shapes = header.get("pareto layers", [])
        pareto = []
        for k, (figures, shape) in enumerate(zip(header["pareto"], shapes, strict=False)):
            found = Blocks.unpack(header["n"], shape, arrays, f"pareto.{k}.", sequence.operator)
            found = sequence if found.same(sequence) else found
            pareto.append(Point(*[*figures, found, basis]).checked(_SLACK))
        return cls(
            circuit=to_circuit(sequence, basis),
            infidelity=infidelity,
            floor=header["floor"],
            sequence=sequence,
            status=Status[header["status"]],
            history=tuple(_checked_record(s, d, i) for s, d, i in arrays["history"].reshape(-1, 3)),
            seconds=header["seconds"],
            provenance=header["provenance"],
            pareto=tuple(pareto),
            basis=basis,
            verified=False,
        )


def _checked_record(seconds: float, layers: float, infidelity: float) -> Record:
    real("history seconds", float(seconds), 0.0)
    if not math.isnan(infidelity):
        real("history infidelity", float(infidelity), 0.0, 1.0 + _SLACK)
    if layers != int(layers) or layers < 0:
        raise fail("history layers", "a number of layers", layers)
    return Record(float(seconds), int(layers), float(infidelity))

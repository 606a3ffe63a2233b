"""What a state remembers of where it came from, so that a compiler can choose a good start.

`MPS.origin` is one of these or None. They are plain data: who evolves, cools or prepares a state
makes one, and whoever asks looks at its type.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from qtn._checks import bounded_int, choice, fail, finite_array, flag, indices, items, real
from qtn._display import Display, Displayed, cell
from qtn._io import PARTS, resolve
from qtn.states.views.pictures import Truncating

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp


class Start(Protocol):
    """The state that an evolution began in: an MPS or a TTN."""

    @property
    def kind(self) -> str:
        """Its name in files: "mps" or "ttn"."""
        ...

    @property
    def tensors(self) -> tuple[np.ndarray, ...]:
        """One array per site of a chain, per node of a tree."""
        ...

    @property
    def max_bond(self) -> int:
        """The largest bond dimension."""
        ...

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header of a file."""
        ...


class Options(Protocol):
    """How a state was evolved: the options of a method, a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Origin(Displayed):
    """What a state remembers of where it came from.

    As text it is one sentence, since it is one line of what a state shows.

    Attributes:
        kind: its name in files; None for what files do not keep.
    """

    __slots__ = ()

    kind: ClassVar[str | None] = None

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes with the state."""
        return {}, {}

    def __str__(self) -> str:
        return self._brief()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evolved(Truncating, Origin):
    """Origin of a state: exp(-i H time) applied to `start`, with its error estimates.

    Args:
        hamiltonian: the Hamiltonian; an MPO where one was given.
        time: real, or negative imaginary for imaginary time.
        start: the state at time zero, an MPS or a TTN.
        method: how it was evolved, `TEBD(...)`, `TDVP(...)`, `BUG(...)`, `ParallelBUG(...)`.
        step: the time step used last.
        step_error: estimated norm of the error from the finite step.
        discarded: relative squared weight discarded per cut of a chain, per node below the root of
            a tree, summed over the evolution.
        drift: how far the norm would have moved from 1 in real time, had it not been set to 1 after
            every step; 0 for methods that do not tell.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
    """

    kind: ClassVar[str | None] = "evolution"

    hamiltonian: SparsePauliOp | Any
    time: complex
    start: Start
    method: Options
    step: float
    step_error: float
    discarded: np.ndarray
    verified: bool = True
    drift: float = 0.0

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes with the state."""
        arrays, start = self.start.pack()
        arrays = {f"start.{name}": array for name, array in arrays.items()}
        time = complex(self.time)
        header: dict[str, Any] = {
            "hamiltonian": pack_operator(self.hamiltonian),
            "time": [time.real, time.imag],
            "start": start if self.start.kind == "mps" else {"kind": self.start.kind, **start},
            "method": {"name": type(self.method).__name__, **asdict(self.method)},
            "step": float(self.step),
            "step_error": float(self.step_error),
        }
        if self.drift:  # files of chains stay as they always were
            header["drift"] = float(self.drift)
        return {**arrays, "discarded": np.asarray(self.discarded)}, header

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Evolved:
        """Rebuild from what `pack` returned."""
        real("step", header["step"], 0.0)
        real("step_error", header["step_error"], 0.0)
        start = {k[6:]: a for k, a in arrays.items() if k.startswith("start.")}
        options = dict(header["method"])
        method = resolve(choice("method", options.pop("name"), tuple(PARTS)))(**options)
        real_part, imaginary = (real("time", part) for part in header["time"])
        kind = choice("start", header["start"].get("kind", "mps"), ("mps", "ttn"))
        state = resolve(kind).unpack(start, header["start"])
        lost = finite_array("discarded", arrays["discarded"], ndim=1)
        cuts = state.n - 1 if kind == "mps" else state.n - 2
        if len(lost) != cuts or lost.min(initial=0.0) < 0:
            raise fail("discarded", f"{cuts} non-negative numbers, one per cut", lost)
        return cls(
            unpack_operator(header["hamiltonian"]),
            complex(real_part, imaginary) if imaginary else real_part,
            state,
            method,
            header["step"],
            header["step_error"],
            arrays["discarded"],
            verified=False,
            drift=real("drift", header.get("drift", 0.0), 0.0),
        )

    def _brief(self) -> str:
        return (
            f"{type(self.method).__name__} to time {self.time:g}: step {self.step:.3g} "
            f"(error {self.step_error:.1e}), truncation error {self.truncation_error:.1e}"
            + (f", norm moved by {self.drift:.1e}" if self.drift > 1e-6 else "")
            + ("" if self.verified else "; so says the file")
        )

    def _display(self) -> Display:
        rows = [
            ("Hamiltonian", operator_text(self.hamiltonian)),
            ("time", self.time),
            ("start", repr(self.start)),
            ("method", repr(self.method)),
            ("step", f"{self.step:.3g}, error {self.step_error:.1e}"),
            ("truncation error", f"{self.truncation_error:.1e}"),
            ("norm moved by", f"{self.drift:.1e}" if self.drift else None),
            ("says", None if self.verified else "the file"),
        ]
        return Display("Evolved state", rows)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Propagated(Truncating, Origin):
    """Origin of an operator: exp(-i H time), with its error estimates.

    Args:
        hamiltonian: the Hamiltonian.
        time: real.
        step: the time step used.
        step_error: estimated norm of the error from the finite step, relative to that of the
            operator, √(2ⁿ).
        discarded: relative squared weight discarded per cut, summed over the evolution.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
    """

    kind: ClassVar[str | None] = "propagator"

    hamiltonian: SparsePauliOp
    time: float
    step: float
    step_error: float
    discarded: np.ndarray
    verified: bool = True

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes with the operator."""
        header = {k: float(getattr(self, k)) for k in ("time", "step", "step_error")}
        arrays = {"discarded": np.asarray(self.discarded)}
        return arrays, {**header, "hamiltonian": pack_operator(self.hamiltonian)}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Propagated:
        """Rebuild from what `pack` returned."""
        hamiltonian = unpack_operator(header["hamiltonian"])
        cuts = (hamiltonian.num_qubits or 1) - 1
        lost = finite_array("discarded", arrays["discarded"], ndim=1)
        if len(lost) != cuts or lost.min(initial=0.0) < 0:
            raise fail("discarded", f"{cuts} non-negative numbers, one per cut", lost)
        return cls(
            hamiltonian,
            real("time", header["time"]),
            real("step", header["step"], 0.0),
            real("step_error", header["step_error"], 0.0),
            arrays["discarded"],
            verified=False,
        )

    def _brief(self) -> str:
        return (
            f"exp(-iHt) at t = {self.time:g}: step {self.step:.3g} "
            f"(error {self.step_error:.1e}), truncation error {self.truncation_error:.1e}"
            + ("" if self.verified else "; so says the file")
        )

    def _display(self) -> Display:
        rows = [
            ("Hamiltonian", operator_text(self.hamiltonian)),
            ("time", self.time),
            ("step", f"{self.step:.3g}, relative error {self.step_error:.1e}"),
            ("truncation error", f"{self.truncation_error:.1e}"),
            ("says", None if self.verified else "the file"),
        ]
        return Display("Propagator exp(-iHt)", rows)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ground(Origin):
    """Origin of a ground state: the Hamiltonian, what was reached and how sure it is.

    Args:
        hamiltonian: the Hamiltonian; an MPO where one was given.
        energy: <H>.
        variance: <(H - energy)^2>; an exact eigenvalue lies within its square root of `energy`.
        sweeps: sweeps done.
        converged: whether the energy settled within the tolerance.
        discarded: largest relative squared weight discarded at a cut in the last sweep.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
    """

    kind: ClassVar[str | None] = "ground-state"

    hamiltonian: SparsePauliOp | Any
    energy: float
    variance: float
    sweeps: int
    converged: bool
    discarded: float
    verified: bool = True

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the header that `qtn.save` writes with the state."""
        header = {k: getattr(self, k) for k in ("energy", "variance", "discarded")}
        return {}, {
            **{k: float(value) for k, value in header.items()},
            "hamiltonian": pack_operator(self.hamiltonian),
            "sweeps": int(self.sweeps),
            "converged": bool(self.converged),
        }

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Ground:
        """Rebuild from what `pack` returned."""
        return cls(
            unpack_operator(header["hamiltonian"]),
            real("energy", header["energy"]),
            real("variance", header["variance"], 0.0),
            bounded_int("sweeps", header["sweeps"], 0),
            flag("converged", header["converged"]),
            real("discarded", header["discarded"], 0.0, 1.0),
            verified=False,
        )

    def _brief(self) -> str:
        state = "converged" if self.converged else "not converged"
        state += "" if self.verified else ", so says the file,"
        return (
            f"energy {self.energy:.10g} +- {np.sqrt(self.variance):.1e} "
            f"({state} after {self.sweeps} sweeps, discarded {self.discarded:.1e})"
        )

    def _display(self) -> Display:
        rows = [
            ("Hamiltonian", operator_text(self.hamiltonian)),
            ("energy", f"{self.energy:.10g}, an eigenvalue within {np.sqrt(self.variance):.1e}"),
            ("variance", self.variance),
            ("sweeps", f"{self.sweeps}, {'' if self.converged else 'not '}converged"),
            ("weight discarded", f"{self.discarded:.1e}"),
            ("says", None if self.verified else "the file"),
        ]
        return Display("Ground state", rows)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prepared(Origin):
    """Origin of a state that a circuit prepared: its blocks on neighbours, in time order.

    Args:
        bonds: the left site of each block.
        blocks: unitaries (blocks, 4, 4), row index 2 bit(left site) + bit(right site).
        gates: the gates as they were given, pairs (sites, matrix) in time order, the first site
            most significant.
        distance: bound of how far the state is from the circuit's, where it was truncated on
            purpose; 0 where only rounding was.
        rounding: bound of how far it is for what was dropped as negligible while gates acted.
    """

    bonds: tuple[int, ...]
    blocks: np.ndarray
    gates: tuple[tuple[tuple[int, ...], np.ndarray], ...] = ()
    distance: float = 0.0
    rounding: float = 0.0

    def _brief(self) -> str:
        return f"a circuit of {len(self.bonds)} blocks on neighbours"

    def _display(self) -> Display:
        return Display("Prepared state", [("blocks on neighbours", len(self.bonds))])


def operator_text(hamiltonian: Any) -> str:
    """Return a Hamiltonian in a few words: its terms and qubits, or what an MPO says of itself."""
    if hasattr(hamiltonian, "paulis"):
        return f"{len(hamiltonian.paulis)} Pauli terms on {hamiltonian.num_qubits} qubits"
    return " ".join(repr(hamiltonian).split())


def pack_operator(hamiltonian: Any) -> dict[str, Any]:
    """Return the labels and coefficients of an operator as plain lists, for a file's header."""
    values = np.asarray(hamiltonian.coeffs, dtype=complex)
    labels = hamiltonian.paulis.to_labels()
    return {"labels": labels, "real": values.real.tolist(), "imag": values.imag.tolist()}


def unpack_operator(header: dict[str, Any]) -> SparsePauliOp:
    """Rebuild what `pack_operator` took apart."""
    from qiskit.quantum_info import SparsePauliOp

    labels = items("labels", header["labels"], "a list of Pauli strings")
    if not labels or any(not isinstance(x, str) or set(x) - set("IXYZ") for x in labels):
        raise fail("labels", "a list of Pauli strings", labels)
    for part in ("real", "imag"):
        values = finite_array(part, header[part], ndim=1, dtype=np.float64)
        if len(values) != len(labels) or len({len(x) for x in labels}) > 1:
            raise fail(part, f"one number for each of {len(labels)} Pauli strings", header[part])
    return SparsePauliOp(header["labels"], np.array(header["real"]) + 1j * np.array(header["imag"]))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trained(Origin):
    """Origin of the state of a trained model whose sites do not hold the columns in turn.

    Args:
        columns: the column of the table that every site holds.
    """

    kind: ClassVar[str | None] = "trained"

    columns: tuple[int, ...]

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the header that `qtn.save` writes with the state."""
        return {}, {"columns": list(self.columns)}

    def _brief(self) -> str:
        return f"a trained model, columns {cell(self.columns)}"

    def _display(self) -> Display:
        return Display("State of a trained model", [("column of every site", self.columns)])

    @classmethod
    def unpack(cls, header: dict[str, Any], sites: int) -> Trained:
        """Rebuild from what `pack` returned, for a state of that many sites."""
        columns = indices("columns", header["columns"])
        if len(columns) != sites:
            raise fail("columns", f"one column for each of {sites} sites", columns)
        return cls(columns)

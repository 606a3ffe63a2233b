"""Dynamical decoupling: pulses in idle times refocus slow phase errors and ZZ coupling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from qiskit import QuantumCircuit
from qiskit.circuit import Gate
from qiskit.circuit.library import RZGate, XGate, YGate
from qiskit.exceptions import QiskitError
from qiskit.transpiler import InstructionDurations, PassManager
from qiskit.transpiler.passes import ALAPScheduleAnalysis, PadDynamicalDecoupling

from qtn._checks import choice
from qtn.errors import ArgumentError
from qtn.mitigation.techniques.base import Context, Technique, Variant

SEQUENCES = ("XX", "XY4", "staggered")


@dataclass(frozen=True, slots=True, repr=False)
class DynamicalDecoupling(Technique):
    """Fill idle times with pulse sequences that cancel static phase errors.

    Args:
        sequence: "XX" (cancels Z drift), "XY4" (also imperfections of the pulses), "staggered"
            (XX with shifted pulses on odd device qubits, which cancels ZZ between neighbours too).

    Needs a device that states the durations of its gates. It does nothing against noise without
    memory, such as the idle noise of most simulated devices; there it costs a little.

    Reference: Viola, Knill, Lloyd, arXiv:quant-ph/9809071; for staggering, Tripathi et al.,
        arXiv:2108.04530.
    """

    stage: ClassVar[str] = "idle"

    sequence: str = "XX"

    def __post_init__(self) -> None:
        choice("sequence", self.sequence, SEQUENCES)

    @property
    def label(self) -> str:
        """Short name."""
        return f"decoupling {self.sequence}"

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return the circuit with its idle times filled."""
        target = context.executor.target
        if target is None or target.dt is None:
            raise ArgumentError(
                f"{context.executor.name} states no gate durations, which dynamical decoupling "
                "needs. Use a backend with timing, or leave DynamicalDecoupling out."
            )
        durations = target.durations()
        try:
            padded = self._passes(durations, context).run(variant.circuit)
        except QiskitError as error:
            raise ArgumentError(
                f"The circuit cannot be scheduled on {context.executor.name}: {error}. "
                "Leave DynamicalDecoupling out."
            ) from error
        return [replace(variant, circuit=native_pulses(padded))]

    def _passes(self, durations: InstructionDurations, context: Context) -> PassManager:
        gates: list[Gate] = [XGate(), XGate()]
        if self.sequence == "XY4":
            gates = [XGate(), YGate(), XGate(), YGate()]
            _add_y(durations, context)
        schedule = [ALAPScheduleAnalysis(durations)]
        options = {"pulse_alignment": context.executor.target.pulse_alignment}  # type: ignore[union-attr]
        if self.sequence != "staggered":
            return PassManager([*schedule, PadDynamicalDecoupling(durations, gates, **options)])
        width = context.executor.width(1)
        even, odd = list(range(0, width, 2)), list(range(1, width, 2))
        centred = PadDynamicalDecoupling(
            durations, gates, qubits=even, spacing=[0.25, 0.5, 0.25], **options
        )
        shifted = PadDynamicalDecoupling(
            durations, gates, qubits=odd, spacing=[0.0, 0.5, 0.5], **options
        )
        return PassManager([*schedule, centred, *schedule, shifted])


def _add_y(durations: InstructionDurations, context: Context) -> None:
    """Y is X with two phase shifts, so it lasts as long as X."""
    entries = [
        ("y", list(qubits), durations.get("x", list(qubits)))
        for qubits in (context.executor.target["x"] or {})  # type: ignore[index]
    ]
    durations.update(InstructionDurations(entries, dt=durations.dt))


def native_pulses(circuit: QuantumCircuit) -> QuantumCircuit:
    """Write Y as RZ and X."""
    out = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.operation.name == "y":
            out.append(RZGate(3.141592653589793), instruction.qubits)
            out.append(XGate(), instruction.qubits)
        else:
            out.append(instruction, copy=False)
    return out

"""The one place where mitigation meets a device: native circuits in, bit strings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives.containers import BitArray
from qiskit.transpiler import Target

from qtn.devices import Budget, Device, Transpiled, resolve, run
from qtn.devices.costs import RunPlan, together
from qtn.devices.record.ledger import LedgerLike
from qtn.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class Executor:
    """Runs measured circuits that are already in a device's gates, without touching them again.

    Every run is held against `budget`, and all runs together by `check`, before the first. Runs are
    recorded in `ledger` as `qtn.run` does it.
    """

    device: Any
    name: str
    target: Target | None
    budget: Budget | None = None
    ledger: LedgerLike = None

    @classmethod
    def of(cls, device: Any, budget: Budget | None = None) -> Executor:
        """Wrap anything that `qtn.run` takes."""
        return cls(device, Device.of(device).label, resolve(device).target, budget)

    @property
    def allowed(self) -> frozenset[str] | None:
        """Names of the native gates, None when every gate is allowed."""
        return None if self.target is None else frozenset(self.target.operation_names)

    def width(self, needed: int) -> int:
        """Number of qubits of the device, or `needed` for a simulator without a size."""
        size = None if self.target is None else self.target.num_qubits
        if size is not None and size < needed:
            raise ArgumentError(f"{self.name} has {size} qubits, but {needed} are needed.")
        return int(size or needed)

    def measured_qubits(self, circuit: QuantumCircuit) -> tuple[int, ...]:
        """Device qubit read into each classical bit; without measurements, the layout's qubits."""
        found = {
            circuit.find_bit(i.clbits[0]).index: circuit.find_bit(i.qubits[0]).index
            for i in circuit.data
            if i.operation.name == "measure"
        }
        if found:
            return tuple(found[bit] for bit in sorted(found))
        if circuit.layout is None:
            return tuple(range(circuit.num_qubits))
        return tuple(circuit.layout.final_index_layout(filter_ancillas=True))

    def run(
        self,
        circuits: Sequence[QuantumCircuit | tuple[QuantumCircuit, NDArray[np.float64] | None]],
        *,
        shots: int,
        seed: int,
        progress: bool | None = False,
    ) -> list[BitArray]:
        """Run circuits of native gates with measurements; one `BitArray` each.

        Raises:
            KeyboardInterrupt: Ctrl-C, also where `qtn.run` returns a part: nothing is estimated
                from it.
        """
        result = run(
            self._native(circuits),
            device=self.device,
            shots=shots,
            seed=seed,
            budget=self.budget,
            ledger=self.ledger,
            progress=progress,
        )
        if result.shots < shots or len(result.bits) < len(circuits):
            raise KeyboardInterrupt("Ctrl-C ended a run of this measurement early.")
        return list(result.bits)

    def dry_runs(self, parts: Sequence[tuple[Sequence[Any], int]]) -> list[RunPlan]:
        """Return what runs would take, without running them.

        Args:
            parts: circuits as in `run`, with the shots of each.
        """
        return [
            run(self._native(circuits), device=self.device, shots=shots, dry_run=True)
            for circuits, shots in parts
            if circuits
        ]

    def check(self, parts: Sequence[tuple[Sequence[Any], int]]) -> None:
        """Hold all runs of a measurement together against the budget, as in `dry_runs`.

        Raises:
            BudgetError: they take more than the budget allows, or need one.
        """
        if self.budget is None and not resolve(self.device).paid:
            return
        if plans := self.dry_runs(parts):
            together(plans).check(self.budget)

    def _native(self, circuits: Sequence[Any]) -> list[Any]:
        pubs: list[Any] = []
        for item in circuits:
            circuit, values = item if isinstance(item, tuple) else (item, None)
            qubits = self.measured_qubits(circuit)
            native = Transpiled(circuit, qubits, qubits)
            pubs.append(native if values is None else (native, values))
        return pubs

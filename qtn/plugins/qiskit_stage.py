"""`transpile(circuit, init_method="qtn")`: the first part of a circuit as a short one.

Found by the entry point `qiskit.transpiler.init`. Whatever gates act first on qubits that start in
|0…0⟩ only make a state; where a circuit for the same state with fewer CX is found, it takes their
place. What follows a measurement, a reset, a branch, a free parameter or a barrier on its qubits is
left as it is, and so is everything where Qiskit is told that qubits may not start in |0⟩. Then
comes Qiskit's own first stage.
"""

from __future__ import annotations

from qiskit import transpile
from qiskit.circuit import QuantumCircuit
from qiskit.converters import circuit_to_dag, dag_to_circuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.transpiler import PassManager, PassManagerConfig
from qiskit.transpiler.basepasses import TransformationPass
from qiskit.transpiler.preset_passmanagers.builtin_plugins import DefaultInitPassManager
from qiskit.transpiler.preset_passmanagers.plugin import PassManagerStagePlugin

__all__ = ["CompressStart", "CompressedInit"]

BONDS = {1: 16, 2: 32, 3: 64}  # largest bond of the states of a level
PARTS = (1.0, 0.5, 0.25)  # of the gates, tried in this order until a state is within the bond
CUTOFF = 1e-15
EXACT = 1e-10  # infidelity where no approximation is allowed


class CompressedInit(PassManagerStagePlugin):
    """The stage: `CompressStart`, then Qiskit's default. Level 0 compresses nothing."""

    def pass_manager(
        self, pass_manager_config: PassManagerConfig, optimization_level: int | None = None
    ) -> PassManager:
        """Return the passes of a level; `approximation_degree` is the fidelity asked for."""
        level = 2 if optimization_level is None else optimization_level
        default = DefaultInitPassManager().pass_manager(pass_manager_config, level)
        stage = PassManager()
        if level > 0 and pass_manager_config.qubits_initially_zero:
            stage.append(CompressStart(level, pass_manager_config.approximation_degree))
        return stage if default is None else stage + default


class CompressStart(TransformationPass):
    """Replace the gates that prepare a state by fewer, if fewer are found.

    Args:
        level: 1 to 3, the effort of the search and the largest bond of the state.
        approximation_degree: fidelity that is enough; None and 1 ask for 1 - 1e-10.
    """

    def __init__(self, level: int = 2, approximation_degree: float | None = None) -> None:
        from qtn._checks import bounded_int, real

        super().__init__()
        self.level = bounded_int("level", level, 1, 3)
        asked = 1.0 if approximation_degree is None else approximation_degree
        real("approximation_degree", asked, 0.0, 1.0)
        self.infidelity = max(EXACT, 1.0 - asked)

    def run(self, dag: DAGCircuit) -> DAGCircuit:
        """Return the circuit with a shorter first part, or as it is."""
        from qtn.aqc.compression import first_part

        circuit = dag_to_circuit(dag)
        head, tail = first_part(circuit, across_barriers=False)
        out, shorter = tail.copy_empty_like(), False
        for qubits, piece in _pieces(head):
            found = self._shorter(piece)
            shorter = shorter or found is not None
            out.compose(piece if found is None else found, qubits, inplace=True)
        if not shorter:
            return dag
        for item in tail.data:
            out.append(item)
        return circuit_to_dag(out)

    def _shorter(self, piece: QuantumCircuit) -> QuantumCircuit | None:
        """Return a circuit with the state of a piece and fewer CX; None if there is none."""
        from qtn.aqc.compression import first_part
        from qtn.aqc.preparation import Preparation
        from qtn.errors import ArgumentError
        from qtn.interop.circuits import circuit_to_mps

        for part in PARTS:
            head, tail = first_part(piece, part)
            # Written out, gates have their phases in the open.
            plain = transpile(head, basis_gates=["u", "cx"], optimization_level=self.level)
            own = plain.count_ops().get("cx", 0)
            if own < 2:
                return None
            try:
                state = circuit_to_mps(plain, cutoff=CUTOFF, max_bond=BONDS[self.level], own=True)
                found = Preparation.of(state, self.infidelity).circuit(self.level)
            except ArgumentError:  # too much entanglement
                continue
            if transpile(found, basis_gates=["u", "cx"]).count_ops().get("cx", 0) >= own:
                continue
            out = QuantumCircuit(piece.num_qubits)
            out.compose(found, inplace=True)
            return out.compose(tail)
        return None


def _pieces(circuit: QuantumCircuit) -> list[tuple[list[int], QuantumCircuit]]:
    """Return the parts of a circuit of gates that share no gate, with their qubits."""
    group = {qubit: {qubit} for qubit in range(circuit.num_qubits)}
    steps = [([circuit.find_bit(q).index for q in i.qubits], i.operation) for i in circuit.data]
    for where, _ in steps:
        joined = set().union(*(group[q] for q in where))
        group |= dict.fromkeys(joined, joined)
    found: list[tuple[list[int], QuantumCircuit]] = []
    for qubits in sorted({min(g): sorted(g) for g in group.values()}.values()):
        piece = QuantumCircuit(len(qubits))
        for where, operation in steps:
            if where[0] in qubits:
                piece.append(operation, [qubits.index(q) for q in where])
        if piece.data:
            found.append((qubits, piece))
    return found

"""The jobs of the simulation benchmark, once for us and once for every peer.

Each job is a function of plain data (a list of gates, a state), so that all engines get the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp

Array = np.ndarray
Z = np.diag([1.0, -1.0]).astype(complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)


def brickwork(n: int, depth: int, seed: int = 0, *, su4: bool = False) -> QuantumCircuit:
    """Random one-qubit layers and CZ bricks, or bricks of Haar-random two-qubit gates."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(n)
    for layer in range(depth):
        if not su4:
            for qubit in range(n):
                circuit.u(*rng.uniform(0, 2 * np.pi, 3), qubit)
        for left in range(layer % 2, n - 1, 2):
            if su4:
                circuit.unitary(haar(rng, 4), [left, left + 1])
            else:
                circuit.cz(left, left + 1)
    return circuit


def haar(rng: np.random.Generator, side: int) -> Array:
    """Return a Haar-random unitary."""
    q, r = np.linalg.qr(rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side)))
    return q * (np.diag(r) / np.abs(np.diag(r)))


def gates_of(circuit: QuantumCircuit) -> list[tuple[tuple[int, ...], Array]]:
    """Return (qubits, matrix with the first qubit most significant) of every gate."""
    swap = np.eye(4)[[0, 2, 1, 3]]
    index = {bit: k for k, bit in enumerate(circuit.qubits)}
    out = []
    for item in circuit.data:
        matrix = Operator(item.operation).data
        qubits = tuple(index[q] for q in item.qubits)
        out.append((qubits, swap @ matrix @ swap if len(qubits) == 2 else matrix))
    return out


def energy_terms(n: int) -> list[dict[int, Array]]:
    """The n - 1 ZZ and n X terms of an Ising chain as factors per site."""
    bonds = [{i: Z, i + 1: Z} for i in range(n - 1)]
    return bonds + [{i: X} for i in range(n)]


def energy_operator(n: int) -> SparsePauliOp:
    """The same terms as a `SparsePauliOp` with unit coefficients."""
    bonds = [("ZZ", [i, i + 1], 1.0) for i in range(n - 1)]
    return SparsePauliOp.from_sparse_list([*bonds, *[("X", [i], 1.0) for i in range(n)]], n)


# --- ours -----------------------------------------------------------------------------------------


def our_build(gates: list[Any], n: int, max_bond: int, cutoff: float) -> Any:
    """Build a chain from gates with our kernels."""
    from qtn.states.kernels.circuit import apply_gates

    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * n
    return apply_gates(zero, gates, center=0, max_bond=max_bond, cutoff=cutoff)


# --- quimb ----------------------------------------------------------------------------------------


def quimb_build(gates: list[Any], n: int, max_bond: int, cutoff: float) -> Any:
    """Build quimb's `CircuitMPS`."""
    import quimb.tensor as qtensor

    options = {"cutoff": cutoff, "cutoff_mode": "rsum2"}
    circuit = qtensor.CircuitMPS(n, max_bond=max_bond, gate_opts=options, dtype="complex128")
    for qubits, matrix in gates:
        circuit.apply_gate_raw(matrix, qubits)
    return circuit


def quimb_energy(circuit: Any, n: int) -> float:
    """All terms by quimb's canonical local expectation values."""
    terms = {(i, i + 1): np.kron(Z, Z) for i in range(n - 1)}
    singles = {(i,): X for i in range(n)}
    total = circuit.psi.compute_local_expectation({**terms, **singles}, normalized=True)
    return float(np.real(total))


# --- Aer ------------------------------------------------------------------------------------------


def aer_simulator(max_bond: int, cutoff: float, **options: Any) -> Any:
    """Aer's matrix product state method without its memory refusal and light-cone truncation."""
    from qiskit_aer import AerSimulator

    return AerSimulator(
        method="matrix_product_state",
        matrix_product_state_max_bond_dimension=max_bond,
        matrix_product_state_truncation_threshold=cutoff,
        max_memory_mb=-1,
        enable_truncation=False,
        max_parallel_threads=1,
        mps_omp_threads=1,
        **options,
    )


def aer_run(circuit: QuantumCircuit, simulator: Any, shots: int = 1) -> Any:
    """Run a circuit on Aer and return its result."""
    result = simulator.run(circuit, shots=shots).result()
    if not result.success:
        raise RuntimeError(result.status)
    return result


def aer_build_circuit(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit with one cheap saved amplitude, so that Aer only builds the state."""
    out = circuit.copy()
    out.save_amplitudes([0]) if circuit.num_qubits <= 63 else out.measure_all()
    return out


# --- PennyLane ------------------------------------------------------------------------------------


def pennylane_energy(gates: list[Any], n: int, max_bond: int) -> Any:
    """A function that builds the state and evaluates all terms with `default.tensor`."""
    import pennylane as qml

    device = qml.device("default.tensor", wires=n, method="mps", max_bond_dim=max_bond)
    bonds = [qml.PauliZ(i) @ qml.PauliZ(i + 1) for i in range(n - 1)]
    operator = qml.Hamiltonian([1.0] * (2 * n - 1), bonds + [qml.PauliX(i) for i in range(n)])

    @qml.qnode(device)
    def energy() -> Any:
        for qubits, matrix in gates:
            qml.QubitUnitary(matrix, wires=list(qubits))
        return qml.expval(operator)

    return energy

"""One small call for each door that has kernels: together they compile every kernel there is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["CALLS"]

REAL, COMPLEX = 0.0, 1j  # what the imaginary part is multiplied with


def _state(n: int, phase: complex) -> np.ndarray:
    rng = np.random.default_rng(0)
    vector = rng.normal(size=2**n) + phase * rng.normal(size=2**n)
    return np.asarray(vector / np.linalg.norm(vector))


def _rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (16, 6)).astype(float), np.arange(16) % 2


def _evolve() -> None:
    from qtn.physics import chain, evolve

    for kind in ("tfim", "heisenberg"):  # without a conserved charge, and with one
        evolve(chain(kind, 4), "neel", 0.05, progress=False)


def _values() -> None:
    from qtn.states import MPS
    from qtn.states.kernels.expectation import product_sum

    z = {0: np.diag([1.0, -1.0]), 2: np.diag([1.0, -1.0])}
    for phase in (REAL, COMPLEX):
        product_sum(MPS.from_dense(_state(3, phase)).tensors, [z])


def _compile() -> None:
    from qtn.aqc import Staircase, compile
    from qtn.states import MPS

    for phase in (REAL, COMPLEX):
        compile(MPS.from_dense(_state(6, phase)), Staircase(layers=1), progress=False)


def _compile_deep() -> None:
    """Whole vectors, which deep circuits on few sites take, and layer by layer, on many."""
    from qtn.aqc.kernels.dense import DenseKernel
    from qtn.aqc.kernels.gates import parted
    from qtn.aqc.kernels.layered import LayeredKernel
    from qtn.aqc.shape.ansatz import brickwall_shape
    from qtn.states import MPS

    shape = brickwall_shape(4, 2)
    for phase in (REAL, COMPLEX):
        chain = list(MPS.from_dense(_state(4, phase)).tensors)
        gates = parted(np.stack([np.eye(4, dtype=complex)] * shape.size))
        for kernel in (DenseKernel(chain, shape), LayeredKernel(chain, shape)):
            kernel.evaluate(gates)
            kernel.sweep(gates.copy())


def _compile_tree() -> None:
    from qtn.aqc import Tree, compile
    from qtn.states import TTN

    spread = [[1.0, 1.0j]] * 4
    compile(TTN.product(spread, ((0, 1), (2, 3), (4, 5))).normalised(), Tree(0.5), progress=False)


def _compile_operator() -> None:
    """A small unitary by its entanglers, and a chain of operators across its layers."""
    from qtn.aqc.kernels.gates import parted
    from qtn.aqc.kernels.unitaries.across import AcrossKernel
    from qtn.aqc.search.small_unitaries import entangled
    from qtn.aqc.shape.ansatz import brickwall_shape
    from qtn.states import MPO
    from qtn.states.schmidt import SchmidtForm

    entangled(np.eye(8, dtype=complex), 1e-12, tries=1, steps=1)
    shape = brickwall_shape(4, 3)
    target = SchmidtForm.from_left(MPO.from_dense(np.eye(16)).chain.normalised().tensors)
    gates = parted(np.stack([np.eye(4, dtype=complex)] * shape.size))
    AcrossKernel(target, shape, 1e-14).evaluate(gates)


def _chain_models() -> None:
    from qtn.models import MPSClassifier

    MPSClassifier(bond=2, epochs=1, progress=False).fit(*_rows())


def _tree_models() -> None:
    from qtn.models import TTNClassifier

    TTNClassifier(bond=2, epochs=1, progress=False).fit(*_rows())


def _born_machines() -> None:
    from qtn.models import MPSBornMachine, TTNBornMachine

    rows = _rows()[0]
    MPSBornMachine(bond=2, sweeps=1, progress=False).fit(rows)
    TTNBornMachine(bond=2, sweeps=1, progress=False).fit(rows)


def _energies() -> None:
    from qtn.hybrid.refine.energies.statevector import PauliSum, adjoint_gradients, prepared
    from qtn.states.operators import Term

    words = PauliSum.of([Term(1.0, ((0, "Z"), (1, "Z")))])
    for kind in (float, complex):
        sites, gates = [(0, 1), (0,)], [np.eye(4, dtype=kind), np.eye(2, dtype=kind)]
        state = prepared(2, sites, gates)
        adjoint_gradients(sites, gates, state, words.on(state))


def _spin_circuits() -> None:
    from qtn.applications.spins import spin_circuit
    from qtn.physics import chain

    spin_circuit(chain("heisenberg", 6), layers=1, steps=1, progress=False)


def _kernel_matrices() -> None:
    from qtn.applications.quantum_kernels.diagonal import Diagonal, diagonal_kernel

    ones = np.ones((2, 3), dtype=complex)
    diagonal_kernel(Diagonal(ones, ones, np.full((2, 3), 0.5**0.5)))


def _strings() -> None:
    from qtn.states.operators import Term
    from qtn.states.pauli_sums import PauliSum, Turn, generators_of, propagate

    total = PauliSum.from_terms([Term(1.0, ((0, "Z"),))], 2)
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    circuit = generators_of(2, [((0,), flip), Turn(((0, "X"), (1, "Z")), 0.3)])
    kept = propagate(total, circuit, max_terms=4).kept
    kept.value(np.ones((2, 3)))
    kept.truncated(max_weight=2)


CALLS: dict[str, Callable[[], None]] = {
    "evolve": _evolve,
    "values of chains (verify, run)": _values,
    "compile": _compile,
    "compile, deep circuits": _compile_deep,
    "compile, trees": _compile_tree,
    "compile, operators": _compile_operator,
    "MPSClassifier, MPSRegressor": _chain_models,
    "TTNClassifier, TTNRegressor": _tree_models,
    "MPSBornMachine, TTNBornMachine": _born_machines,
    "vqe, lower_energy": _energies,
    "spin_circuit": _spin_circuits,
    "kernel_matrix": _kernel_matrices,
    "Pauli sums (verify, infinite_temperature)": _strings,
}

"""The named targets have the figures that were published or measured for them elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import compile_targets as targets


@pytest.mark.parametrize(
    ("name", "layers", "blocks", "start"),
    [("doc", 3, 14, 1.752e-3), ("tfim", 6, 27, 1.832e-2), ("xxz", 5, 23, 9.70e-3),
     ("heis", 7, 32, 5.45e-3)],
)  # fmt: skip
def test_start_circuits_of_ten_sites(name, layers, blocks, start):
    problem = targets.tutorial(name, 10)
    assert problem.layers == layers
    assert len(problem.shape.bonds) == blocks
    assert targets.shape_state(problem.shape).infidelity(problem.state) == pytest.approx(
        start, rel=2e-3
    )


def test_the_ising_circuit_is_the_exact_product_formula():
    from qiskit.quantum_info import SparsePauliOp
    from scipy.sparse.linalg import expm_multiply

    for n in (5, 6):
        zz = SparsePauliOp.from_sparse_list([("ZZ", [b, b + 1], 1.0) for b in range(n - 1)], n)
        x = SparsePauliOp.from_sparse_list([("X", [i], 1.0) for i in range(n)], n)
        vector = np.eye(2**n)[0].astype(complex)
        for _ in range(3):
            for part, share in ((x, 0.5), (zz, 1.0), (x, 0.5)):
                vector = expm_multiply(-1j / 3 * share * part.to_matrix(sparse=True), vector)
        shape = targets.as_shape(n, targets._tfim_layers(n, 1.0, 3))
        assert abs(np.vdot(targets.shape_state(shape).to_dense(), vector)) == pytest.approx(1.0)


def test_the_first_neutron_checkpoint_is_its_own_shape():
    problem = targets.kcuf3(10, 1)
    assert problem.layers == 9
    assert targets.shape_state(problem.shape).infidelity(problem.state) < 1e-6


def test_quench_and_data_targets():
    quench = targets.heisenberg_quench(12, 1.0, 5)
    assert quench.state.max_bond == 11
    assert quench.state.origin.time == 1.0
    bars = targets.bars_and_stripes().state
    assert bars.max_bond == 16
    assert max(bars.entropies()) / np.log(2) == pytest.approx(3.31, abs=0.01)
    digits = targets.digits().state
    assert digits.max_bond == 16
    assert max(digits.entropies()) / np.log(2) == pytest.approx(1.49, abs=0.01)

import numpy as np
import pytest
from aqc.dense import circuit_vector, turned
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.aqc.kernels.gates import joined
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.trotter import trotter_start
from qtn.errors import ArgumentError


@pytest.mark.parametrize("start", ["neel", "plus"])
@pytest.mark.parametrize(("n", "layers"), [(6, 3), (6, 7), (7, 7), (6, 8)])
def test_the_start_is_a_product_formula(start, n, layers):
    state = qtn.evolve(qtn.chain("tfim", n), start, 0.4)
    shape = brickwall_shape(n, layers)
    vector = circuit_vector(shape, joined(trotter_start(state, shape)))
    fidelity = abs(np.vdot(turned(state.to_dense()), vector)) ** 2
    assert 1 - fidelity < (2e-2 if layers == 3 else 2e-3)


def test_an_entangled_start_is_refused():
    operator = qtn.chain("heisenberg", 4)
    start = qtn.MPS(qtn.evolve(operator, "neel", 0.5).tensors)
    later = qtn.evolve(operator, start, 0.5)
    with pytest.raises(ArgumentError, match="did not begin in a product state"):
        trotter_start(later, brickwall_shape(4, 3))


def test_imaginary_time_is_refused():
    cooled = qtn.evolve(qtn.chain("heisenberg", 4), "neel", -0.5j)
    with pytest.raises(ArgumentError, match=r"imaginary time .* is not unitary.*Staircase"):
        qtn.compile(cooled, qtn.Brickwall(3, start="trotter"))


def test_couplings_over_a_distance_are_refused():
    operator = SparsePauliOp.from_sparse_list([("ZZ", [0, 2], 1.0), ("X", [1], 1.0)], 4)
    state = qtn.evolve(operator, "plus", 0.3)
    with pytest.raises(ArgumentError, match="sites that are no neighbours"):
        qtn.compile(state, qtn.Brickwall(3, start="trotter"))
    assert qtn.compile(state).fidelity > 0.999

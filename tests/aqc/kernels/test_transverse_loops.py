import numpy as np
from aqc.dense import chain_of, random_gates, random_vector

from qtn.aqc.kernels import transverse_loops as loops
from qtn.aqc.kernels.gate_loops import polar_batch
from qtn.aqc.kernels.gates import parted
from qtn.aqc.kernels.transverse import build
from qtn.aqc.shape.ansatz import brickwall_shape


def test_forward_gradient_and_sweeps_agree_on_the_overlap():
    rng = np.random.default_rng(0)
    shape = brickwall_shape(5, 3)
    gates = np.concatenate([parted(random_gates(rng, shape.size, False)), loops.BARE])
    program = build(shape, chain_of(random_vector(rng, 5, False)))
    memory, out = np.zeros(program.store + 2 * program.spare), np.zeros_like(gates)

    def run(mode):
        at, here, stops = 0, 0, []
        while True:
            at, here = loops.run(
                program.operations, gates.reshape(-1), program.sites, memory, program.spare,
                program.parts, mode, out.reshape(-1), at, here, loops.ORDERS, np.empty(32),
            )  # fmt: skip
            if at == (2 if mode == loops.GRADIENT else 1) * len(program.operations):
                assert len(stops) == (shape.size if mode >= loops.SWEEP_BACK else 0)
                return complex(memory[here], memory[here + 1])
            stops.append(at)
            row = len(program.operations) - 1 - at if mode == loops.SWEEP_BACK else at
            number = program.operations[row, 1]
            polar_batch(out[number : number + 1], gates[number : number + 1], False)
            at = -1 - at

    forward, gradient = run(loops.FORWARD), run(loops.GRADIENT)
    assert np.isclose(forward, gradient, atol=1e-14)
    back = run(loops.SWEEP_BACK)
    assert abs(back) > abs(forward)
    assert np.isclose(back, run(loops.FORWARD), atol=1e-13)
    run(loops.FORWARD)
    again = run(loops.SWEEP_BACK)
    assert abs(run(loops.SWEEP_FORTH)) >= abs(again) - 1e-12

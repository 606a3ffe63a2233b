import numpy as np
import pytest
import torch
from aqc.dense import chain_of, random_gates, random_vector
from aqc.tape import Tape
from torch.utils._python_dispatch import TorchDispatchMode

from qtn.aqc import Brickwall, compile
from qtn.aqc.kernels.accelerated.layer_blocks import passed
from qtn.aqc.kernels.accelerated.layers_torch import TorchEngine
from qtn.aqc.kernels.accelerated.recorded import Recorded
from qtn.aqc.kernels.accelerated.states import moved
from qtn.aqc.kernels.gates import parted
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape
from qtn.errors import ArgumentError
from qtn.states import MPS


def both(shape, n, real, cut, device="cpu", steps=1, jointly=None):
    """Overlaps and environments by the compiled engine and by torch, after some evaluations."""
    rng = np.random.default_rng(0)
    gates = random_gates(rng, shape.size, real)
    target = chain_of(random_vector(rng, n, real))
    found = []
    for where in (None, device):
        kernel = LayeredKernel(target, shape, cut=cut, device=where)
        if jointly is not None and where is not None:
            kernel._engine = TorchEngine(target, where, jointly)
        for _ in range(steps):
            out = kernel.evaluate(parted(gates))
        found.append(out)
    return found


@pytest.mark.parametrize(
    "shape", [brickwall_shape(7, 4), brickwall_shape(6, 5), staircase_shape(6, 2)]
)
@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("jointly", [False, True])
def test_it_agrees_with_the_compiled_engine(shape, real, jointly):
    (f, e), (g, h) = both(shape, shape.n, real, 1e-12, steps=3, jointly=jointly)
    assert np.isclose(f, g, rtol=1e-7, atol=1e-9)
    assert np.allclose(e, h, atol=1e-8)


@pytest.mark.parametrize("jointly", [False, True])
def test_truncated_states_agree_within_the_cut(jointly):
    (f, e), (g, h) = both(brickwall_shape(8, 6), 8, False, 1e-5, steps=2, jointly=jointly)
    assert abs(f - g) < 1e-3 * np.abs(e).max()
    assert np.allclose(e, h, atol=1e-2 * np.abs(e).max())


def kernel_of(jointly, shape, target, gates, recorded=None):
    """A kernel in torch after a first evaluation."""
    kernel = LayeredKernel(target, shape, cut=1e-5, device="cpu")
    kernel._engine = TorchEngine(target, "cpu", jointly)
    if recorded is not None:
        kernel._engine._moved = Recorded(moved, recorded)
        kernel._engine._passed = Recorded(passed, recorded)
    kernel.evaluate(parted(gates))
    return kernel


def test_replayed_gradients_are_those_of_eager_ones_bit_by_bit():
    rng, shape, tape = np.random.default_rng(6), brickwall_shape(8, 4), Tape()
    target, start = chain_of(random_vector(rng, 8, False)), random_gates(rng, shape.size, False)
    kernels = [kernel_of(True, shape, target, start, r) for r in (None, tape)]
    for step in range(4):
        turn = np.linalg.qr(np.eye(4) + 0.01 * rng.normal(size=(shape.size, 4, 4)))[0]
        gates = parted(start @ turn)
        (f, e), (g, h) = (kernel.evaluate(gates) for kernel in kernels)
        assert f == g, step
        assert np.array_equal(e, h)
    assert tape.played > 4


class Count(TorchDispatchMode):
    """Counts operations that a GPU would be asked to start."""

    free = ("view", "slice", "select", "transpose", "expand", "unbind", "permute", "alias", "diag")

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        name = function.overloadpacket.__name__
        self.count += not (name.startswith("_") or name in ("t", "unsqueeze", "detach"))
        self.count -= name.startswith(self.free)
        return function(*arguments, **(options or {}))


def test_a_joint_gradient_asks_for_few_operations():
    rng, shape = np.random.default_rng(7), brickwall_shape(10, 6)
    target, gates = chain_of(random_vector(rng, 10, False)), random_gates(rng, shape.size, False)
    counts = []
    for jointly in (False, True):
        kernel = kernel_of(jointly, shape, target, gates)
        with Count() as counter:
            kernel.evaluate(parted(gates))
        counts.append(counter.count)
    assert counts[1] < 60 * 6 + 5 * 10  # per layer, and per pair of sites
    assert 2 * counts[1] < counts[0]


def test_brickwalls_run_on_a_device():
    target = MPS(tuple(chain_of(random_vector(np.random.default_rng(5), 5, False))))
    found = [
        compile(target, Brickwall(4, steps=15, device=device), progress=False).infidelity
        for device in (None, "cpu")
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-2)


def test_sweeps_agree():
    rng = np.random.default_rng(3)
    shape = brickwall_shape(6, 4)
    start = parted(random_gates(rng, shape.size, False))
    target = chain_of(random_vector(rng, 6, False))
    results = []
    for device in (None, "cpu"):
        gates, kernel = start.copy(), LayeredKernel(target, shape, cut=1e-12, device=device)
        results.append([kernel.sweep(gates) for _ in range(4)])
    assert np.allclose(results[0], results[1], atol=1e-7)


def test_unknown_devices_and_upward_layers_are_refused():
    shape = Ansatz(4, (Layer((0, 1, 2), False),))
    target = chain_of(random_vector(np.random.default_rng(0), 4, False))
    with pytest.raises(ArgumentError, match="must name a torch device"):
        LayeredKernel(target, shape, device="nowhere")
    kernel = LayeredKernel(target, shape, device="cpu")
    with pytest.raises(ArgumentError, match="from the left to the right"):
        kernel.evaluate(parted(random_gates(np.random.default_rng(0), 3, False)))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("cut", "tolerance"), [(1e-12, 1e-8), (1e-5, 1e-2)])
def test_a_gpu_gives_the_same(cut, tolerance):
    (f, e), (g, h) = both(brickwall_shape(10, 6), 10, False, cut, "cuda", steps=2)
    scale = np.abs(e).max()
    assert abs(f - g) < tolerance * scale
    assert np.allclose(e, h, atol=tolerance * scale)

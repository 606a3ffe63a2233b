"""Choice of the contraction kernel by a cost model.

The transverse kernel is exact and costs n 4^L χ² for L gates per bond; the layered kernel costs
n D χ³ with factorisations; the dense kernel, for short chains, costs 2^n per gate. Speeds measured
on one core turn operations into seconds.
"""

from __future__ import annotations

import numpy as np

from qtn._machine import gpus
from qtn.aqc.kernels.base import Kernel
from qtn.aqc.kernels.dense import LARGEST, DenseKernel
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel, boundary_legs
from qtn.aqc.shape.ansatz import Ansatz
from qtn.states.schmidt import SchmidtForm

MAX_MEMORY = 4e8  # bytes the boundaries of the transverse kernel may take
# Fitted to gradients of quenches (n = 20 and 50, 3 to 11 layers, χ from 6 to 33).
SECONDS_PER_PRODUCT = 6.0e-11  # transverse: real product in a site's matrix
SECONDS_PER_TURN, SECONDS_PER_STEP = 2.0e-11, 3e-7  # transverse: real product in a gate, gate
SECONDS_PER_CUBE, SECONDS_PER_SPLIT = 4.2e-9, 2.8e-5  # layered: χ³ per site and layer, gate
# How much better than its gradient's time says the exact kernel does in time to an infidelity: 0.8
# to 2.1 times (median 1.3) in eight quenches searched for six seconds, but 1.6 (n=50, t=2, 9
# layers) and 2.9 times (t=3, 11 layers) in whole compilations, where truncations stall L-BFGS.
EXACT_WORTH = 3.0
SECONDS_PER_AMPLITUDE, SECONDS_PER_GATE = 1e-9, 4.5e-6  # dense: real amplitudes
# On 16 sites, away from an optimum, states between layers outgrow the target: six staircases and
# 15 brickwall layers took 3 to 14 times what the model says.
OUTGROWN = 3.0
# The layered kernel at χ = 64, 128, 256 (40 sites, 10 to 14 layers) on one core and one H200, where
# all sites of a layer are one batch.
SECONDS_PER_WIDE_CUBE = 1.2e-9
SECONDS_PER_GPU_CUBE, SECONDS_PER_GPU_LAYER = 1.2e-11, 1e-3
# The exact kernel there (30 to 100 sites, 5 to 15 layers, χ from 16 to 64): operations one by one.
SECONDS_PER_GPU_STEP, SECONDS_PER_GPU_TURN = 2.2e-5, 6e-12
# A GPU is taken up in two seconds, which some 200 gradients must win back.
LEAST_GAIN = 1e-2


def choose_kernel(chain: list[np.ndarray], ansatz: Ansatz, device: str | None = None) -> Kernel:
    """Return the kernel that the cost model expects to be faster for one gradient.

    On a torch device the choice between the exact and the layered kernel is that of the CPU; "auto"
    takes a GPU, with either kernel, where it is expected to end a search sooner than a core.
    """
    target = SchmidtForm.from_left(chain)
    bonds = target.bonds(1e-7)
    legs = boundary_legs(ansatz)
    boundary = 2.0**legs * bonds[:-1]
    gates = np.zeros(ansatz.n)
    for _, bond in ansatz.sequence():
        gates[bond + 1] += 1.0
    # Three passes; a complex product counts as four real ones.
    share = 1.0 if np.iscomplexobj(chain[0]) else 0.25
    turns = share * SECONDS_PER_TURN * 48.0 * float(np.sum(gates * boundary))
    products = share * SECONDS_PER_PRODUCT * 8.0 * float(np.sum(boundary * bonds[1:]))
    fits = 16.0 * 5.0 * float(np.sum(boundary)) < MAX_MEMORY
    transverse = SECONDS_PER_STEP * ansatz.size + products + turns if fits else np.inf
    cubes = len(ansatz.layers) * float(np.sum(bonds.astype(float) ** 3))
    layered = SECONDS_PER_CUBE * share * cubes + SECONDS_PER_SPLIT * ansatz.size
    if device == "auto":
        found = gpu_pays(ansatz, cubes, transverse, turns)
        if found:
            return on_device(target if found == "exact" else chain, ansatz, "cuda")
    layered *= EXACT_WORTH
    if device not in (None, "auto"):
        return on_device(target if transverse < layered else chain, ansatz, device)
    if ansatz.n <= LARGEST:
        amplitudes = 2.0**ansatz.n * (3.0 if np.iscomplexobj(chain[0]) else 1.0)
        dense = ansatz.size * (SECONDS_PER_AMPLITUDE * amplitudes + SECONDS_PER_GATE)
        layered *= OUTGROWN
        if dense < min(transverse, layered):
            return DenseKernel(chain, ansatz)
    if transverse < layered:
        return TransverseKernel(target, ansatz)
    return LayeredKernel(chain, ansatz)


def on_device(target: list[np.ndarray] | SchmidtForm, ansatz: Ansatz, device: str) -> Kernel:
    """Return the kernel in torch: the exact one for a Schmidt form, the layered one for a chain."""
    if isinstance(target, list):
        return LayeredKernel(target, ansatz, device=device)
    from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch

    return TransverseTorch(target, ansatz, device)


def gpu_pays(
    ansatz: Ansatz, cubes: float, transverse: float, turns: float, here: bool | None = None
) -> str:
    """Return the kernel with which a GPU is expected to beat a core: "exact", "layered" or "".

    Args:
        ansatz: the circuit shape.
        cubes: χ³ of all sites and layers.
        transverse: seconds of the exact kernel for one gradient on a core, infinite where its
            boundaries do not fit.
        turns: those of them in gates.
        here: whether there is a GPU that torch can use; None asks.
    """
    core = min(SECONDS_PER_WIDE_CUBE * EXACT_WORTH * cubes, transverse)
    layered = SECONDS_PER_GPU_LAYER * len(ansatz.layers) + SECONDS_PER_GPU_CUBE * cubes
    exact = SECONDS_PER_GPU_STEP * ansatz.size + SECONDS_PER_GPU_TURN / SECONDS_PER_TURN * turns
    exact = exact if np.isfinite(transverse) else np.inf
    gpu = min(EXACT_WORTH * layered, exact)
    if core < max(2.0 * gpu, gpu + LEAST_GAIN):
        return ""
    here = _torch_has_cuda() if here is None else here
    return ("exact" if gpu == exact else "layered") if here else ""


def _torch_has_cuda() -> bool:
    if not gpus():
        return False
    from qtn._optional import torch, torch_is_there  # heavy, and of no use without a GPU

    return torch_is_there() and bool(torch.cuda.is_available())

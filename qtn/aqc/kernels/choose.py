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
# The layered kernel at χ = 64, 128, 256 (40 sites, 10 to 14 layers) on one core and one H200: there
# a layer waits for a chain of small kernels, and a site for its neighbour.
SECONDS_PER_WIDE_CUBE = 1.2e-9
SECONDS_PER_GPU_CUBE = 5e-12
SECONDS_PER_GPU_LAYER, SECONDS_PER_GPU_SITE = 6e-3, 3e-4


def choose_kernel(chain: list[np.ndarray], ansatz: Ansatz, device: str | None = None) -> Kernel:
    """Return the kernel that the cost model expects to be faster for one gradient.

    On a torch device the choice between the exact and the layered kernel is that of the CPU; "auto"
    takes a GPU where the layered kernel is expected to be the fastest there. What the exact one
    takes on a GPU has not been measured, so that "auto" leaves it on the CPU.
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
    transverse = SECONDS_PER_STEP * ansatz.size + share * (
        SECONDS_PER_PRODUCT * 8.0 * float(np.sum(boundary * bonds[1:]))
        + SECONDS_PER_TURN * 48.0 * float(np.sum(gates * boundary))
    )
    memory = 16.0 * 5.0 * float(np.sum(boundary))
    cubes = len(ansatz.layers) * float(np.sum(bonds.astype(float) ** 3))
    layered = SECONDS_PER_CUBE * share * cubes + SECONDS_PER_SPLIT * ansatz.size
    if device == "auto" and gpu_pays(ansatz, cubes, transverse if memory < MAX_MEMORY else np.inf):
        return LayeredKernel(chain, ansatz, device="cuda")
    layered *= EXACT_WORTH
    exact = memory < MAX_MEMORY and transverse < layered
    if device not in (None, "auto"):
        return on_device(target if exact else chain, ansatz, device)
    if ansatz.n <= LARGEST:
        amplitudes = 2.0**ansatz.n * (3.0 if np.iscomplexobj(chain[0]) else 1.0)
        dense = ansatz.size * (SECONDS_PER_AMPLITUDE * amplitudes + SECONDS_PER_GATE)
        layered *= OUTGROWN
        if dense < min(transverse, layered):
            return DenseKernel(chain, ansatz)
    if memory < MAX_MEMORY and transverse < layered:
        return TransverseKernel(target, ansatz)
    return LayeredKernel(chain, ansatz)


def on_device(target: list[np.ndarray] | SchmidtForm, ansatz: Ansatz, device: str) -> Kernel:
    """Return the kernel in torch: the exact one for a Schmidt form, the layered one for a chain."""
    if isinstance(target, list):
        return LayeredKernel(target, ansatz, device=device)
    from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch

    return TransverseTorch(target, ansatz, device)


def gpu_pays(ansatz: Ansatz, cubes: float, transverse: float, here: bool | None = None) -> bool:
    """Say whether the layered kernel on a GPU is expected to beat what a core does.

    Args:
        ansatz: the circuit shape.
        cubes: χ³ of all sites and layers.
        transverse: seconds of the exact kernel for one gradient on a core.
        here: whether there is a GPU that torch can use; None asks.
    """
    seconds = (
        SECONDS_PER_GPU_LAYER * len(ansatz.layers)
        + SECONDS_PER_GPU_SITE * ansatz.n
        + SECONDS_PER_GPU_CUBE * cubes
    )
    if min(SECONDS_PER_WIDE_CUBE * cubes, transverse / EXACT_WORTH) < 2.0 * seconds:
        return False
    return _torch_has_cuda() if here is None else here


def _torch_has_cuda() -> bool:
    if not gpus():
        return False
    from qtn._optional import torch, torch_is_there  # heavy, and of no use without a GPU

    return torch_is_there() and bool(torch.cuda.is_available())

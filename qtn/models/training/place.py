"""Where a model is trained: on the CPU, or on a GPU where that is faster.

A step on a GPU takes some milliseconds whatever it does; a core of a CPU takes as long as its
operations. Below a bond of some tens the CPU is the better choice.
"""

from __future__ import annotations

from qtn._checks import fail
from qtn._optional import torch, torch_is_there
from qtn.errors import ArgumentError

# Fitted to steps of chains and trees of 196 sites, bonds 64 and 128, on one H200 and one core.
CORE_RATE = 3e10  # operations per second
GPU_RATE = 3e12
GPU_STEP = 3e-3  # seconds
GPU_BEGIN = 5.0  # seconds to take up a GPU, send the rows and record a step

BORN_WORK = 40.0  # operations per row and squared bond of the steps of one bond of a Born machine
BORN_CORE_RATE = 1.5e10
BORN_GPU_RATE = 3e12
BORN_BOND = 1e-2  # seconds per bond
BORN_BEGIN = 0.5  # seconds gained by a sweep from which a GPU is worth taking up


def chain_work(sites: int, phys: int, bond: int, batch: int, norm: bool) -> float:
    """Return the operations of a step of a chain; `norm`: the loss needs the norm."""
    return 6.0 * sites * phys * bond**2 * (batch + (2.0 * bond if norm else 0.0))


def tree_work(sites: int, phys: int, bond: int, batch: int, norm: bool) -> float:
    """Return the operations of a step of a balanced tree; see `chain_work`."""
    total, nodes, d = 0.0, sites / 2, phys
    while nodes >= 1:
        up = min(bond, d**2)
        total += nodes * up * d**2 * (batch + (2.0 * d + up if norm else 0.0))
        nodes, d = nodes / 2, up
    return 6.0 * total


def check_device(device: str) -> None:
    """Raise `ArgumentError` unless torch can compute on `device`, or it is "cpu" or "auto"."""
    if isinstance(device, str) and device in ("cpu", "auto"):
        return
    try:
        kind = torch.device(device).type
    except (RuntimeError, TypeError) as error:
        raise fail("device", '"cpu", "cuda" or "auto"', device) from error
    if kind not in ("cpu", "cuda"):
        raise fail("device", '"cpu", "cuda" or "auto"', device)
    if kind == "cuda" and not torch.cuda.is_available():
        raise ArgumentError(
            f'Argument `device` must be "cpu" here, but is {device!r}: torch {torch.__version__} '
            'finds no usable GPU. Use device="cpu", or install a CUDA build of torch.'
        )


def chosen_place(device: str, work: float, steps: int, has_gpu: bool | None = None) -> str:
    """Return the torch device that is meant; "auto" takes a GPU where it ends sooner.

    Args:
        device: as the model has it.
        work: operations of a step.
        steps: steps of the whole training.
        has_gpu: None asks torch.
    """
    if device != "auto":
        return device
    here = _torch_has_gpu() if has_gpu is None else has_gpu
    on_gpu = GPU_BEGIN + steps * (GPU_STEP + work / GPU_RATE)
    return "cuda" if here and on_gpu < steps * work / CORE_RATE else "cpu"


def born_place(device: str, rows: int, sites: int, bond: int, has_gpu: bool | None = None) -> str:
    """Return the torch device for the sweeps of a Born machine; "auto" takes the faster one."""
    if device != "auto":
        return device
    here = _torch_has_gpu() if has_gpu is None else has_gpu
    work = BORN_WORK * rows * bond**2
    on_cpu = work / BORN_CORE_RATE
    on_gpu = BORN_BOND + work / BORN_GPU_RATE
    return "cuda" if here and sites * (on_cpu - on_gpu) > BORN_BEGIN else "cpu"


def _torch_has_gpu() -> bool:
    return torch_is_there() and torch.cuda.is_available()

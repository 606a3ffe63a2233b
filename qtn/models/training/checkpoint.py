"""The whole state of an interrupted training run, as one file that is never half-written."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, finite_array, real, text
from qtn._display import Fields
from qtn._io import load
from qtn._optional import torch
from qtn.errors import ArgumentError, FileError
from qtn.models.training.saved import checked_history


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Checkpoint(Fields):
    """Parameters, optimiser moments and history after a number of epochs.

    Args:
        arrays: `param.*`, `best.*`, and per parameter `moment1.*` and `moment2.*`.
        fingerprint: hash over settings and data; a run resumes only its own checkpoint.
        epoch: epochs completed.
        step: optimiser steps completed.
        best: lowest validation loss so far, or None.
        history: one record per epoch.
    """

    kind: ClassVar[str] = "training-checkpoint"

    arrays: dict[str, NDArray[Any]] = field(repr=False)
    fingerprint: str
    epoch: int
    step: int
    best: float | None
    history: list[dict[str, float]] = field(repr=False)

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        header = {
            "fingerprint": self.fingerprint,
            "epoch": self.epoch,
            "step": self.step,
            "best": self.best,
            "history": self.history,
        }
        return self.arrays, header

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Checkpoint:
        """Rebuild from what `pack` returned."""
        history, best = header["history"], header["best"]
        epoch = bounded_int("epoch", header["epoch"], 0)
        if not isinstance(history, list) or len(history) != epoch:
            raise fail("history", f"one record for each of {epoch} epochs", history)
        for number, record in enumerate(history, 1):
            checked_history({name: [value] for name, value in record.items()})
            if record.get("epoch") != number:
                raise fail("history", "records of the epochs in turn", record)
        if best is not None:
            real("best", best)
        for name, array in arrays.items():
            finite_array(name, array)
        step = bounded_int("step", header["step"], 0)
        return cls(arrays, text("fingerprint", header["fingerprint"]), epoch, step, best, history)


def fingerprint(settings: dict[str, Any], *arrays: NDArray[Any]) -> str:
    """Return a hash over the settings and the data of a run."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def read(path: str | os.PathLike[str], expected: str) -> Checkpoint | None:
    """Return the checkpoint at `path`, or None if there is none yet.

    Raises:
        FileError: the file is damaged or foreign.
        ArgumentError: it belongs to a run with other settings or other data.
    """
    if not Path(path).exists():
        return None
    found = load(path)
    if not isinstance(found, Checkpoint) or found.fingerprint != expected:
        raise ArgumentError(
            f"Argument `checkpoint` must be a checkpoint of this very run, but `{path}` belongs to "
            "another model, other settings or other data. Give another path, or delete that file "
            "to start afresh."
        )
    return found


def take(
    network: torch.nn.Module, optimiser: torch.optim.Optimizer, best: dict[str, torch.Tensor]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a checkpoint."""
    arrays = {}
    for name, parameter in network.named_parameters():
        arrays[f"param.{name}"] = parameter.detach().cpu().numpy().copy()
        moments = optimiser.state.get(parameter, {})
        if moments:
            arrays[f"moment1.{name}"] = moments["exp_avg"].cpu().numpy().copy()
            arrays[f"moment2.{name}"] = moments["exp_avg_sq"].cpu().numpy().copy()
    arrays.update({f"best.{name}": value.cpu().numpy() for name, value in best.items()})
    return arrays


def _step_device(optimiser: torch.optim.Optimizer, parameter: torch.Tensor) -> torch.device:
    """Return where an optimiser counts its steps: the fused one beside the parameter."""
    return parameter.device if optimiser.defaults.get("fused") else torch.device("cpu")


def restore(
    found: Checkpoint, network: torch.nn.Module, optimiser: torch.optim.Optimizer
) -> dict[str, torch.Tensor]:
    """Put the arrays of a checkpoint back and return the best parameters it kept.

    Raises:
        FileError: its arrays are not those of the network.
    """
    wanted = {name: p.shape for name, p in network.named_parameters()}
    for kind in ("param", "best"):
        shapes = {
            n.partition(".")[2]: a.shape for n, a in found.arrays.items() if n.startswith(kind)
        }
        if shapes != wanted:
            raise FileError("The checkpoint was changed: it does not fit its own model. Delete it.")
    for name, parameter in network.named_parameters():
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(found.arrays[f"param.{name}"]))
        if f"moment1.{name}" in found.arrays:
            optimiser.state[parameter] = {
                "step": torch.tensor(float(found.step), device=_step_device(optimiser, parameter)),
                "exp_avg": torch.from_numpy(found.arrays[f"moment1.{name}"]).to(parameter.device),
                "exp_avg_sq": torch.from_numpy(found.arrays[f"moment2.{name}"]).to(
                    parameter.device
                ),
            }
    return {
        name.removeprefix("best."): torch.from_numpy(value)
        for name, value in found.arrays.items()
        if name.startswith("best.")
    }

"""What a file keeps of a classifier of sentences, and how it is read back without trust."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail, finite_array, items, positive_int
from qtn._optional import torch
from qtn.applications.sequences.network import SequenceNetwork
from qtn.models.training.saved import (
    checked_history,
    packed_parameters,
    plain,
    unpacked_parameters,
)

Model = TypeVar("Model", bound=Any)
STATUSES = ("completed", "stopped early", "interrupted")


def packed(model: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the header of a fitted model."""
    arrays = {
        f"param.{name}": value.detach().cpu().numpy()
        for name, value in model.network_.state_dict().items()
    }
    arrays["classes"] = model.classes_
    header = {
        "parameters": packed_parameters(model.get_params(deep=False), model._seed),
        "classes": plain(model.classes_),
        "vocabulary": list(model.vocabulary_),
        "lengths": list(model.lengths_),
        "longest": model._longest,
        "history": model.history_,
        "status": model.status_,
        "best_epoch": model.best_epoch_,
    }
    if arrays["classes"].dtype.kind not in "iufb":
        del arrays["classes"]  # texts stand in the header
    return arrays, header


def restored(model: Model, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> Model:
    """Return a model as it was, from what `packed` wrote.

    Raises:
        ArgumentError: something in the file does not fit the rest.
    """
    model.set_params(**unpacked_parameters(header["parameters"]))
    model._check_parameters()
    model.classes_ = np.asarray(arrays.get("classes", header["classes"]))
    if model.classes_.ndim != 1 or not 2 <= len(model.classes_) <= 2**model._memory:
        raise fail("classes", "the labels of at least two classes", model.classes_)
    words = items("vocabulary", header["vocabulary"], "texts and integers")
    if any(isinstance(w, bool) or not isinstance(w, str | int) for w in words):
        raise fail("vocabulary", "texts and integers", words)
    if len(set(words)) != len(words):
        raise fail("vocabulary", "different tokens", words)
    model.vocabulary_ = tuple(words)
    lengths = items("lengths", header["lengths"], "numbers of tokens")
    model.lengths_ = tuple(positive_int("lengths", n) for n in lengths)
    model._longest = positive_int("longest", header["longest"], maximum=100_000)
    model.history_ = checked_history(header["history"])
    model.status_ = choice("status", header["status"], STATUSES)
    epochs = len(model.history_.get("loss", []))
    model.best_epoch_ = bounded_int("best_epoch", header["best_epoch"], 0, epochs)
    model.n_iter_ = max(epochs, 1)
    values = {
        name: torch.tensor(finite_array(name, arrays[f"param.{name}"], dtype=np.float32))
        for name in ("words", "angles", "scale")
    }
    network = SequenceNetwork(model._shape(), values["words"], values["angles"], model._read)
    network.scale.data = values["scale"]
    if model.calibrate:
        offsets = finite_array("offsets", arrays["param.offsets"], ndim=1, dtype=np.float32)
        network.offsets = torch.nn.Parameter(torch.tensor(offsets))
    network.check_arrays(model._tokens, 2**model.wires, len(model.classes_))
    model.network_ = network
    model._freeze()
    return model

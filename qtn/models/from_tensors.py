"""Chains that another package has trained, as classifiers of ours by their tensors alone, and back.

A classifier on a chain is the same in every package: one tensor per feature, one more with an index
for the class, vectors of features on the open indices. Only the order of axes and the feature map
differ. Bonds may differ along a chain; ours are all of the largest, filled up with zeros. Ours have
the index of the class in the middle: from elsewhere it is moved there site by site, exactly,

    Λ^c_{lr} A_s,{rk} = θ_{(l s),(c k)} = Σ_j U_{(l s) j} (ΣV)_{j,(c k)}

where the bond j may grow to as many times the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, choice, fail, finite_array, items
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.models.mps import MPSClassifier
from qtn.models.networks.in_numpy.network_arrays import ChainArrays
from qtn.models.recipes.settings import Recipe
from qtn.models.training.saved import packed_parameters

__all__ = ["classifier_from_tensors", "classifier_tensors"]

AXES = {"lpr": (0, 1, 2), "lrp": (0, 2, 1), "plr": (1, 0, 2)}
PHYS = {"trigonometric": 2, "polynomial": 3, "legendre": 4}
LOSSES = ("softmax", "born")
NEGLIGIBLE = 1e-15  # of the largest singular value

Array = NDArray[Any]


@few_threads(1)
def classifier_from_tensors(
    tensors: Sequence[ArrayLike],
    label: int,
    classes: ArrayLike,
    *,
    features: str = "trigonometric",
    loss: str = "softmax",
    axes: str = "lpr",
) -> MPSClassifier:
    """Return a fitted classifier that computes what the chain of these tensors computes.

        f_c(x) = A¹(x₁) … Aᵐ(xₘ) · Λ^c · Aᵐ⁺¹(xₘ₊₁) … Aⁿ(xₙ),   Aⁱ(x) = Σ_s Aⁱ_s φ_s(x)

    It compiles, deploys, refines, explains and compares as one that was trained here; rows are
    taken in [0, 1] as they are.

    Args:
        tensors: n + 1 real arrays, numpy or torch, of which the one at `label` has the classes on
            its open index. The outer bonds are 1, or are left out of the two ends.
        label: place of that tensor, 0 … n.
        classes: the labels, sorted, one per value of its open index.
        features: the map of every column: "trigonometric" (cos πx/2, sin πx/2), which is the
            `unit` of TensorKrowch and the `trigonometric` of tn4ml; "polynomial" (1, x, x²), which
            is `poly` of degree 2; or "legendre".
        loss: what probabilities are: "softmax" of f_c, or "born": |f_c|² normalised.
        axes: order of the axes: "lpr" (left, open, right) as in TensorKrowch, "lrp" as quimb and
            tn4ml hold them, or "plr".

    Returns:
        The classifier, on the CPU in double precision.

    Raises:
        ArgumentError: tensors that do not fit together, labels that are not sorted.

    Cost: n bond² numbers; the bond grows where the classes do not stand in the middle.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shapes = [(2, 3), (3, 2, 3), (3, 4, 3), (3, 2)]
        >>> tensors = [rng.normal(size=shape) for shape in shapes]
        >>> model = classifier_from_tensors(tensors, 2, ["a", "b", "c", "d"])
        >>> model.predict_proba([[0.1, 0.5, 0.9]]).shape
        (1, 4)
        >>> model.state("b").n
        3

    Reference: Stoudenmire and Schwab, NeurIPS 2016 (arXiv:1605.05775) for the model.
    """
    choice("features", features, tuple(PHYS))
    choice("loss", loss, LOSSES)
    choice("axes", axes, tuple(AXES))
    names = np.asarray(classes)
    if names.ndim != 1 or len(names) < 2 or not np.array_equal(np.unique(names), names):
        raise fail("classes", "at least two different labels, sorted", classes)
    given = items("tensors", tensors, "one array per column, and one for the classes")
    if not given:
        raise fail("tensors", "one array per column, and one for the classes", tensors)
    bounded_int("label", label, 0, len(given) - 1)
    chain = _chain(given, axes)
    _check_open(chain, label, len(names), PHYS[features])
    chain, label = _with_middle(chain, label)
    bond = max(t.shape[0] for t in chain)
    arrays = {
        "param.left": _stacked([t.transpose(2, 1, 0) for t in chain[:label]], bond, PHYS[features]),
        "param.label": _padded(chain[label], bond),
        "param.right": _stacked(chain[label + 1 :][::-1], bond, PHYS[features]),
    }
    return MPSClassifier.unpack(arrays, _header(len(chain) - 1, names, bond, features, loss))


def classifier_tensors(model: MPSClassifier) -> tuple[list[Array], int]:
    """Return the tensors (left, open, right) of a fitted chain, and which holds the classes.

    The columns stand in the order of `model.order_`. `classifier_from_tensors` takes them back.

    Args:
        model: a fitted `MPSClassifier` that is a state (not isometric, no learned features).

    Returns:
        n + 1 real arrays with outer bonds 1, and the place of the one with the classes.

    Raises:
        ArgumentError: another model.

    Cost: n bond² numbers.

    Example:
        >>> tensors = [np.ones((1, 2, 1)), np.ones((1, 3, 1)), np.ones((1, 2, 1))]
        >>> found, label = classifier_tensors(classifier_from_tensors(tensors, 1, [0, 1, 2]))
        >>> label, found[1].shape
        (1, (1, 3, 1))
    """
    if not isinstance(model, MPSClassifier):
        raise fail("model", "a fitted MPSClassifier", model)
    check_is_fitted(model)
    arrays = model._arrays()
    if not isinstance(arrays, ChainArrays):
        raise fail("model", "a chain of plain tensors, neither isometric nor mapped", model)
    return [np.array(t) for t in arrays.register("label").tensors], arrays.register_site


def _chain(given: Sequence[Any], axes: str) -> list[Array]:
    """Return the tensors as real arrays (left, open, right), outer bonds 1."""
    found = []
    for k, tensor in enumerate(given):
        array = np.asarray(tensor.detach().cpu() if hasattr(tensor, "detach") else tensor)
        if array.dtype.kind == "c":
            raise fail(f"tensors[{k}]", "real", array)
        order = AXES[axes]
        if array.ndim == 2 and k in (0, len(given) - 1):
            missing = axes.index("l" if k == 0 else "r")
            array = np.expand_dims(array, missing)
        array = finite_array(f"tensors[{k}]", array, ndim=3, dtype=np.float64)
        found.append(array.transpose(order))
    if len(found) < 2:
        raise fail("tensors", "at least one for a column and one for the classes", given)
    ends = [1, *(t.shape[0] for t in found[1:]), 1]
    for k, tensor in enumerate(found):
        if (tensor.shape[0], tensor.shape[2]) != (ends[k], ends[k + 1]):
            raise ArgumentError(
                f"Argument `tensors` must have equal bonds, 1 at the ends, but tensors[{k}] has "
                f"bonds {tensor.shape[0]} and {tensor.shape[2]} where {ends[k]} and {ends[k + 1]} "
                'are expected. Say how the axes are ordered, for instance axes="lrp".'
            )
    return found


def _check_open(chain: Sequence[Array], label: int, classes: int, phys: int) -> None:
    for k, tensor in enumerate(chain):
        wanted = classes if k == label else phys
        if tensor.shape[1] != wanted:
            what = "the classes" if k == label else "the features"
            raise fail(f"tensors[{k}]", f"an open index of size {wanted} ({what})", tensor)


def _with_middle(chain: list[Array], label: int) -> tuple[list[Array], int]:
    """Move the tensor of the classes to place n // 2 of n columns, exactly up to rounding."""
    middle = (len(chain) - 1) // 2
    if label > middle:  # the same from the other end
        turned = [t.transpose(2, 1, 0) for t in reversed(chain)]
        last = len(chain) - 1
        turned, _ = _moved(turned, last - label, last - middle)
        return [t.transpose(2, 1, 0) for t in reversed(turned)], middle
    return _moved(chain, label, middle)


def _moved(chain: list[Array], label: int, place: int) -> tuple[list[Array], int]:
    """Move the tensor of the classes to the right."""
    chain = list(chain)
    for k in range(label, place):
        pair = np.einsum("lcr,rsk->lsck", chain[k], chain[k + 1])
        left, open_, classes, right = pair.shape
        u, weights, v = np.linalg.svd(pair.reshape(left * open_, -1), full_matrices=False)
        keep = max(1, int((weights > NEGLIGIBLE * weights[0]).sum()))
        chain[k] = u[:, :keep].reshape(left, open_, keep)
        chain[k + 1] = (weights[:keep, None] * v[:keep]).reshape(keep, classes, right)
    return chain, place


def _stacked(half: Sequence[Array], bond: int, phys: int) -> Array:
    """Return cores (sites, bond to the middle, phys, bond to the end), filled up with zeros."""
    cores = np.zeros((len(half), bond, phys, bond))
    for core, tensor in zip(cores, half, strict=True):
        core[: tensor.shape[0], :, : tensor.shape[2]] = tensor
    return cores


def _padded(label: Array, bond: int) -> Array:
    """Return the tensor of the classes filled up with zeros."""
    found = np.zeros((bond, label.shape[1], bond))
    found[: label.shape[0], :, : label.shape[2]] = label
    return found


def _header(
    columns: int, names: NDArray[Any], bond: int, features: str, loss: str
) -> dict[str, Any]:
    """Return what a file says of a model with these settings that has seen no row."""
    model = MPSClassifier(bond=bond, features=features, loss=loss, rescale=False)
    settings = {"bond": bond, "features": features, "loss": loss, "rescale": False}
    return {
        "parameters": packed_parameters(model.get_params(deep=False), 0),
        "chosen": {},
        "recipe": Recipe("by hand", settings, "tensors were given").pack(),
        "columns": columns,
        "column_names": None,
        "sites": columns,
        "copies": 1,
        "history": {"loss": []},
        "status": "completed",
        "best_epoch": 0,
        "classes": names.tolist(),
        "classes_dtype": names.dtype.str,
    }

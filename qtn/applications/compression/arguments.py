"""What the doors take: networks, rows, targets, layouts; checked before work starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from qtn._checks import fail, finite_array, instance, items, positive_int
from qtn._optional import need_torch, nn, torch
from qtn.applications.compression.layout import LOW_RANK, Layout, balanced, low_rank
from qtn.applications.compression.modules import compressible, matrix_of
from qtn.applications.compression.seen_inputs import evaluated
from qtn.errors import ArgumentError


def network_of(name: str, value: Any) -> nn.Module:
    """Return a torch module with finite parameters."""
    need_torch()
    network: nn.Module = instance(name, value, nn.Module, "a torch.nn.Module")
    for key, parameter in network.named_parameters():
        if parameter.is_meta:
            raise ArgumentError(
                f"Argument `{name}` holds no values for {key}: it is on the device meta. Load its "
                "weights first."
            )
        if not torch.isfinite(parameter.detach()).all():
            raise ArgumentError(
                f"Argument `{name}` must hold finite numbers only, but {key} does not. Train it "
                "again with a smaller rate."
            )
    return network


def layers_of(network: nn.Module, leave: Any) -> dict[str, tuple[int, int]]:
    """Return name -> (outputs, inputs) of the layers that can be compressed and are not left.

    A weight that two layers share stays: cores of one would part them.
    """
    modules = dict(network.named_modules())
    left = items("leave", leave, "a sequence of names of layers")
    for name in left:
        if name not in modules:
            raise fail("leave", "names of layers", name, f"Layers: {_listed(modules)}.")
    uses = Counter(id(p) for m in modules.values() for p in m._parameters.values())
    found = {}
    for name, module in modules.items():
        if compressible(module) and name not in left and uses[id(module.weight)] == 1:
            rows, columns = matrix_of(module).shape
            if rows * columns > 0 and not torch.is_complex(module.weight):
                found[name] = (rows, columns)
    if not found:
        raise ArgumentError(
            "Argument `network` has no layer to compress: linear layers and convolutions without "
            f"groups and hooks can be. It has {_listed(modules)}."
        )
    return found


def _listed(modules: Mapping[str, nn.Module]) -> str:
    named = [f"{name or 'itself'} ({type(m).__name__})" for name, m in modules.items()]
    return ", ".join(named[:8]) + (", …" if len(named) > 8 else "")


def layouts_of(layers: Mapping[str, tuple[int, int]], layouts: Any) -> dict[str, Layout]:
    """Return the layout of every layer: from a number of cores, "low-rank", or a mapping."""
    if isinstance(layouts, str):
        if layouts != LOW_RANK:
            raise fail("layouts", f'a number of cores, "{LOW_RANK}" or a mapping', layouts)
        return {name: low_rank(*shape) for name, shape in layers.items()}
    if isinstance(layouts, Mapping):
        return _given(layers, layouts)
    cores = positive_int("layouts", layouts, maximum=16)
    if cores == 1:
        raise fail("layouts", "at least 2 cores", layouts)
    return {name: balanced(*shape, cores) for name, shape in layers.items()}


def _given(
    layers: Mapping[str, tuple[int, int]], layouts: Mapping[Any, Any]
) -> dict[str, Layout]:  # fmt: skip
    for name, layout in layouts.items():
        if name not in layers:
            known = ", ".join(layers)
            raise fail("layouts", "a mapping of names of layers", name, f"Layers: {known}.")
        instance("layouts", layout, Layout, "a mapping of names to Layout(outputs, inputs)")
        if layout.shape != layers[name]:
            raise ArgumentError(
                f"Argument `layouts` splits {name} into {layout.shape[0]} outputs and "
                f"{layout.shape[1]} inputs, but it has {layers[name][0]} and {layers[name][1]}. "
                "The products of the dimensions must be those of the layer."
            )
        if len(layout.outputs) < 2:
            raise fail("layouts", "layouts of at least 2 cores", layout)
    if not layouts:
        raise fail("layouts", "a mapping of at least one layer", layouts)
    return {name: layouts[name] for name in layers if name in layouts}


def rows_of(name: str, value: Any, network: nn.Module) -> torch.Tensor:
    """Return rows for a network as a tensor where it has its weights, floats in its precision."""
    like = next(network.parameters())
    if isinstance(value, torch.Tensor):
        tensor = value.detach()
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise fail(name, "an array of finite numbers", value.shape)
    else:
        tensor = torch.from_numpy(np.ascontiguousarray(finite_array(name, value)))
    if tensor.ndim < 2 or tensor.numel() == 0:
        raise fail(name, "a non-empty array of rows for the network", tuple(tensor.shape))
    real = tensor.is_floating_point() or tensor.dtype == torch.bool
    return tensor.to(like.device, like.dtype if real else tensor.dtype)


def targets_of(name: str, value: Any, rows: torch.Tensor) -> torch.Tensor:
    """Return one target per row: integers are labels of classes, floats values to be met."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    array = finite_array(name, value)
    if len(np.atleast_1d(array)) != len(rows) or array.ndim == 0:
        raise fail(name, f"one target for each of {len(rows)} rows", array)
    if array.dtype.kind in "iu":
        if array.ndim != 1 or array.min() < 0:
            raise fail(name, "labels 0, 1, … of classes, or values as floats", array)
        return torch.as_tensor(array.astype(np.int64), device=rows.device)
    if array.dtype.kind != "f":
        raise fail(name, "labels 0, 1, … of classes, or values as floats", array)
    dtype = rows.dtype if rows.is_floating_point() else torch.get_default_dtype()
    return torch.as_tensor(array, device=rows.device).to(dtype)


def checked_rows(name: str, rows: torch.Tensor, network: nn.Module) -> torch.Tensor:
    """Return the rows, or say that the network does not take them."""
    try:
        found = evaluated(network, rows[:1])
    except (RuntimeError, TypeError, IndexError, ValueError) as error:
        raise ArgumentError(
            f"Argument `{name}` must hold rows that the network takes, but it refuses one of shape "
            f"{tuple(rows.shape[1:])} ({str(error).splitlines()[0][:120]})."
        ) from error
    instance(name, found, torch.Tensor, "rows to which the network gives one tensor")
    return rows

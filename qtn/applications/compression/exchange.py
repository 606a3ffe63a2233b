"""Networks with compressed layers in safetensors files: the tensors of the state dict, no more.

A compressed layer is known by its cores, `name.cores.0`, …, and their axes say how it is split: any
reader and writer of safetensors will do. Nothing is unpickled.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path

import numpy as np
import safetensors

from qtn._io import regular_file, write_atomic
from qtn._optional import nn, torch
from qtn.applications.compression.arguments import network_of
from qtn.applications.compression.layout import Layout
from qtn.applications.compression.modules import MPOLayer, compressible, layer_of, matrix_of
from qtn.errors import FileError


def replaced(network: nn.Module, layers: dict[str, MPOLayer]) -> nn.Module:
    """Return a copy of a network with other layers in the places of those named."""
    if "" in layers:
        return layers[""]
    found = copy.deepcopy(network)
    new = {id(found.get_submodule(name)): layer for name, layer in layers.items()}
    for name, module in list(found.named_modules(remove_duplicate=False)):
        if id(module) in new:
            parent, _, last = name.rpartition(".")
            setattr(found.get_submodule(parent), last, new[id(module)])
    return found


def written(network: nn.Module, path: str | os.PathLike[str]) -> Path:
    """Write a network's tensors."""
    # Tensors that share memory are written one by one, each whole.
    from safetensors.torch import save  # needs torch itself

    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in network.state_dict().items()}
    return write_atomic(path, save(tensors, metadata={"format": "pt"}))


def load_layers(path: str | os.PathLike[str], network: nn.Module) -> nn.Module:
    """Read a network that `CompressedLayers.save` wrote, or plain weights from a safetensors file.

    Args:
        path: the file.
        network: a network built like the original one; its weights do not count.

    Returns:
        A copy of `network` with the compressed layers and all tensors of the file, in its
        precision and on its device.

    Raises:
        ArgumentError: `network` is no torch module.
        FileError: no such file, no safetensors file, layouts or tensors that do not fit `network`.

    Cost: reads the file once; nothing in it is executed.

    Example:
        >>> import tempfile, torch, qtn
        >>> network = torch.nn.Sequential(torch.nn.Linear(16, 16))
        >>> small = qtn.compress_layers(network, 144)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     back = load_layers(small.save(f"{folder}/small.safetensors"), network)
        >>> x = torch.ones(1, 16)
        >>> bool((back(x) == small.network(x)).all())
        True
    """
    plain = network_of("network", network)
    source = regular_file(path)
    try:
        with safetensors.safe_open(os.fspath(source), framework="pt") as handle:
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as error:
        raise FileError(
            f"File `{path}` is no safetensors file that can be read ({error}). Write it again."
        ) from error
    try:
        found = replaced(plain, _layers(tensors, plain))
        found.load_state_dict(tensors)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise FileError(
            f"File `{path}` does not fit this network ({reason[:200]}). Build the network that was "
            "compressed, with the same layers and names."
        ) from error
    return found


def _layers(tensors: dict[str, torch.Tensor], network: nn.Module) -> dict[str, MPOLayer]:
    """Return the compressed layers of a file: those whose names have cores in it."""
    found = {}
    for name, layer in network.named_modules():
        prefix = f"{name}.cores." if name else "cores."
        cores = [tensors[key] for key in map(f"{prefix}{{}}".format, range(len(tensors)))
                 if key in tensors]  # fmt: skip
        if cores and compressible(layer):
            shapes = [tuple(core.shape) for core in cores]
            if any(len(shape) != 4 for shape in shapes):
                raise ValueError(f"cores of {name} with other than four axes")
            rights = [1, *(shape[3] for shape in shapes)]
            if [*(shape[0] for shape in shapes), 1] != rights:
                raise ValueError(f"cores of {name} whose bonds do not meet")
            layout = Layout(tuple(s[1] for s in shapes), tuple(s[2] for s in shapes))
            if layout.shape != matrix_of(layer).shape:
                raise ValueError(f"cores of {name} for {layout.shape}, not for its shape")
            offset = None if layer.bias is None else np.zeros(layout.shape[0])
            found[name] = layer_of(layer, [np.zeros(shape) for shape in shapes], offset)
    return found

"""Torch layers whose weight is a matrix product operator: `MPOLinear` and `MPOConv`.

Rows go through a linear layer's cores one after the other, first digit first; where few cores with
large bonds would take more multiplications than the matrix itself, as in large batches, the matrix
is built from them instead. Convolutions always build their kernel, which is small beside its use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._optional import functional, nn, torch
from qtn.applications.compression.layout import Layout

Array = NDArray[np.floating[Any]]
CONVOLUTIONS: dict[type[nn.Module], Callable[..., torch.Tensor]] = {
    nn.Conv1d: functional.conv1d,
    nn.Conv2d: functional.conv2d,
    nn.Conv3d: functional.conv3d,
}

# Where torch keeps what runs with a layer.
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class MPOLayer(nn.Module):
    """What both layers have: cores with the axes (left, out, in, right), and a bias or None.

    Args:
        cores: the cores.
        bias: one number per output, or None.
    """

    def __init__(self, cores: Sequence[torch.Tensor], bias: torch.Tensor | None) -> None:
        super().__init__()
        self.cores = nn.ParameterList([nn.Parameter(core) for core in cores])
        self.bias = None if bias is None else nn.Parameter(bias)

    @property
    def layout(self) -> Layout:
        """The dimensions of the cores."""
        shapes = [core.shape for core in self.cores]
        outputs, inputs = tuple(s[1] for s in shapes), tuple(s[2] for s in shapes)
        return Layout(outputs, inputs, tuple(s[3] for s in shapes[:-1]))

    @property
    def matrix(self) -> torch.Tensor:
        """The weight as outputs × inputs, built from the cores with their gradients."""
        built = self.cores[0][0]
        for core in list(self.cores)[1:]:
            grown = torch.tensordot(built, core, 1)  # (o, i, o', i', right)
            rows, columns = built.shape[0] * core.shape[1], built.shape[1] * core.shape[2]
            built = grown.permute(0, 2, 1, 3, 4).reshape(rows, columns, -1)
        return built[..., 0]

    def extra_repr(self) -> str:
        """The dimensions, as printed between the brackets of the layer."""
        found = self.layout
        return f"outputs={found.outputs}, inputs={found.inputs}, bonds={found.bonds}"


class MPOLinear(MPOLayer):
    """A linear layer y = W x + b with W a matrix product operator."""

    @property
    def weight(self) -> torch.Tensor:
        """The matrix, for blocks that read a linear layer's weight themselves."""
        return self.matrix

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the outputs of rows (..., inputs)."""
        rows = input.reshape(-1, input.shape[-1])
        layout = self.layout
        outputs, inputs = layout.shape
        if _swept(layout) * len(rows) > _built(layout) + outputs * inputs * len(rows):
            return functional.linear(input, self.matrix, self.bias)
        done = rows[:, None, :]  # (rows and outputs done, left, inputs to come)
        for core in self.cores:
            left, out, size, right = core.shape
            step = core.permute(1, 3, 0, 2).reshape(out * right, left * size)
            done = step @ done.reshape(len(done), left * size, -1)
            done = done.reshape(len(done) * out, right, -1)
        found = done.reshape(*input.shape[:-1], outputs)
        return found if self.bias is None else found + self.bias


class MPOConv(MPOLayer):
    """A convolution whose kernel, as outputs × (channels · window), is a matrix product operator.

    Args:
        cores: the cores.
        bias: one number per output channel, or None.
        source: the convolution whose stride, padding and dilation count.
    """

    def __init__(
        self, cores: Sequence[torch.Tensor], bias: torch.Tensor | None, source: nn.Module
    ) -> None:
        super().__init__(cores, bias)
        self.convolve = CONVOLUTIONS[type(source)]
        self.window = Window(source)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the outputs of images (rows, channels, …), or of one without its axis."""
        padded = self.window.padded(input)
        kernel = self.matrix.reshape(-1, self.window.channels, *self.window.size)
        given = {"stride": self.window.stride, "dilation": self.window.dilation}
        return self.convolve(padded, kernel, self.bias, **given)


class Window:
    """Where a convolution looks: its channels, window, stride, dilation and padding."""

    def __init__(self, source: Any) -> None:
        self.channels: int = source.in_channels
        self.size: tuple[int, ...] = source.kernel_size
        self.stride: tuple[int, ...] = source.stride
        self.dilation: tuple[int, ...] = source.dilation
        self.mode = "constant" if source.padding_mode == "zeros" else source.padding_mode
        self.padding = tuple(self._sides(source.padding))

    def _sides(self, padding: str | tuple[int, ...]) -> list[int]:
        """Return the padding as `torch.nn.functional.pad` has it: last axis first, both sides."""
        found: list[int] = []
        for k in reversed(range(len(self.size))):
            reach = self.dilation[k] * (self.size[k] - 1)
            if padding == "valid":
                found += [0, 0]
            elif padding == "same":
                found += [reach // 2, reach - reach // 2]
            else:
                found += [int(padding[k])] * 2
        return found

    def padded(self, x: torch.Tensor) -> torch.Tensor:
        """Return images with their edges."""
        return functional.pad(x, self.padding, self.mode) if any(self.padding) else x

    def patches(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the kernel is multiplied with, as rows of channels · window."""
        count = len(self.size)
        found = self.padded(x if x.ndim == count + 2 else x[None])
        for k, size in enumerate(self.size):
            reach = self.dilation[k] * (size - 1) + 1
            found = found.unfold(2 + k, reach, self.stride[k])[..., :: self.dilation[k]]
        axes = (0, *range(2, 2 + count), 1, *range(2 + count, 2 + 2 * count))
        return found.permute(axes).reshape(-1, self.channels * math.prod(self.size))


def compressible(module: nn.Module) -> bool:
    """Whether a layer is one whose weight can be taken apart: linear, or an ungrouped convolution.

    Exact types, without hooks: a subclass, a hook or a `forward` set on the layer itself may use
    its weight in ways of its own.
    """
    if "forward" in vars(module) or any(vars(module).get(hooks) for hooks in HOOKS):
        return False
    if type(module) in CONVOLUTIONS:
        return bool(module.groups == 1)
    return type(module) is nn.Linear


def matrix_of(layer: nn.Module) -> Array:
    """Return a layer's weight as outputs × inputs in double precision."""
    weight: torch.Tensor = layer.weight  # type: ignore[assignment]
    return weight.detach().to("cpu", torch.float64).flatten(1).numpy()


def layer_of(
    source: nn.Module,
    cores: Sequence[Array],
    bias: Array | None,
) -> MPOLayer:
    """Return a layer of these cores in the place of `source`, on its device, in its precision."""
    weight: torch.Tensor = source.weight  # type: ignore[assignment]

    def placed(array: Array) -> torch.Tensor:
        return torch.tensor(array, dtype=weight.dtype, device=weight.device)

    tensors = [placed(np.ascontiguousarray(core)) for core in cores]
    offset = None if bias is None else placed(bias)
    if type(source) in CONVOLUTIONS:
        return MPOConv(tensors, offset, source)
    return MPOLinear(tensors, offset)


def _swept(layout: Layout) -> int:
    """Return the multiplications of one row that goes through the cores."""
    bonds = (1, *(layout.bonds or ()), 1)
    total, done, left = 0, 1, math.prod(layout.inputs)
    for k, (out, size) in enumerate(zip(layout.outputs, layout.inputs)):
        total += done * out * bonds[k + 1] * bonds[k] * left
        done, left = done * out, left // size
    return total


def _built(layout: Layout) -> int:
    """Return the multiplications that build the matrix."""
    bonds = (1, *(layout.bonds or ()), 1)
    total, done = 0, 1
    for k, (out, size) in enumerate(zip(layout.outputs, layout.inputs)):
        total += done * bonds[k] * out * size * bonds[k + 1]
        done *= out * size
    return total

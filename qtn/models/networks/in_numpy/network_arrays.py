"""Networks as plain arrays: the states of trained models, with which nothing is trained.

A chain holds cores A (D, phys, D) in two halves and a label tensor Λ (D, outputs, D) between them;
a tree holds a tensor T (up, left·right) per node and a label matrix Λ (outputs, root dimension).
With learnt features a matrix Q_i of orthonormal rows stands before every site, which the site's
tensor takes in:

    A'_p = Σ_s A_s Q_sp

Networks of torch give their states by these, too, and a model that is read from a file where torch
is not installed has one of them as its network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._optional import missing
from qtn.models.networks.trees import Pairs, layers
from qtn.states import MPS, TTN

Array = NDArray[Any]


class NetworkArrays(ABC):
    """A network that is one unnormalised state per output, as float64 arrays."""

    @property
    def registers(self) -> tuple[str, ...]:
        """What `register` gives: "label", on trees also "root"."""
        return ("label",)

    @property
    @abstractmethod
    def register_site(self) -> int:
        """The site of a register; the sites of the rows stand around it in their order."""

    @abstractmethod
    def weights(self, output: int) -> MPS | TTN:
        """Return the weight state W_c of an output."""

    @abstractmethod
    def register(self, kind: str) -> MPS | TTN:
        """Return Σ_c W_c ⊗ |c⟩ ("label"), or Σ_u T_u ⊗ |u⟩ over the vectors at the "root"."""

    @abstractmethod
    def named(self) -> dict[str, Array]:
        """Return the arrays by the names that a file gives them."""

    def arrays(self) -> Self:
        """Return itself, as networks of torch return one of these."""
        return self

    @abstractmethod
    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `qtn.models.networks.base.Network.check_arrays`."""


@dataclass(frozen=True, slots=True, eq=False)
class ChainArrays(NetworkArrays):
    """A chain.

    Args:
        left: shape (m, D, phys, D), axes (site, outward, phys, inward).
        label: shape (D, outputs, D).
        right: shape (n - m, D, phys, D), first entry = last site.
    """

    left: Array
    label: Array
    right: Array

    @property
    def register_site(self) -> int:
        """The site of a register: the label tensor's place in the middle."""
        return len(self.left)

    def weights(self, output: int) -> MPS:
        """Return the weight state of an output."""
        out = list(self.register("label").tensors)
        # The label tensor of one output is a matrix, which the site behind it takes in.
        label = out.pop(self.register_site)[:, output]
        out[self.register_site] = np.tensordot(label, out[self.register_site], 1)
        return MPS(tuple(out))

    def register(self, kind: str) -> MPS:
        """Return the state of all outputs with a label register."""
        left, label, right = (np.asarray(a, np.float64) for a in self.named().values())
        out = [*(core.transpose(2, 1, 0) for core in left), label, *right[::-1]]
        out[0], out[-1] = out[0][:1], out[-1][..., :1]
        return MPS(tuple(out))

    def named(self) -> dict[str, Array]:
        """Return the arrays by the names that a file gives them."""
        return {"left": self.left, "label": self.label, "right": self.right}

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays."""
        bond, half = self.label.shape[0], sites // 2
        check_array("left", self.left, (half, bond, phys, bond))
        check_array("right", self.right, (sites - half, bond, phys, bond))
        check_array("label", self.label, (bond, outputs, bond))


@dataclass(frozen=True, slots=True, eq=False)
class TreeArrays(NetworkArrays):
    """A tree.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        nodes: per layer, shape (nodes, up, d·d): d is the dimension that reaches the layer.
        label: shape (outputs, root dimension).
    """

    pairs: Pairs
    nodes: tuple[Array, ...]
    label: Array

    @property
    def registers(self) -> tuple[str, ...]:
        """What `register` gives: the outputs, or the vector at the root that they read."""
        return ("label", "root")

    @property
    def register_site(self) -> int:
        """The site of a register: behind all others, joined to them at the root."""
        return len(self.pairs) + 1

    def readout(self) -> NDArray[np.float64]:
        """Return Λ, what every output reads of the vector at the root: (outputs, dimension)."""
        return np.asarray(self.label, np.float64)

    def weights(self, output: int) -> TTN:
        """Return the weight state of an output."""
        *nodes, root = self._tensors()
        return TTN((*nodes, (root @ self.readout()[output])[:, :, None]), self.pairs)

    def register(self, kind: str) -> TTN:
        """Return the state with a register of outputs or of the root's vector."""
        nodes, n = self._tensors(), self.register_site
        top = np.eye(nodes[-1].shape[2]) if kind == "root" else self.readout().T
        # The register is site n, so that the numbers of all nodes grow by one.
        pairs = [(a + (a >= n), b + (b >= n)) for a, b in self.pairs]
        return TTN((*nodes, top[:, :, None]), (*pairs, (2 * n - 1, n)))

    def _tensors(self) -> list[NDArray[np.float64]]:
        """Return node tensors (left, right, up) in tree order, the root's up open."""
        sites, out = self.register_site, {}
        dims = {site: round(self.nodes[0].shape[2] ** 0.5) for site in range(sites)}
        for layer, node in zip(layers(self.pairs, sites), self.nodes, strict=True):
            d = round(node.shape[2] ** 0.5)
            t = np.asarray(node, np.float64).reshape(-1, node.shape[1], d, d)
            for tensor, number in zip(t, layer.numbers, strict=True):
                a, b = self.pairs[number - sites]
                cut = tensor[:, : dims[a], : dims[b]]
                out[number] = np.ascontiguousarray(cut.transpose(1, 2, 0))
                dims[number] = node.shape[1]
        return [out[sites + k] for k in range(len(self.pairs))]

    def named(self) -> dict[str, Array]:
        """Return the arrays by the names that a file gives them."""
        return {f"nodes.{k}": node for k, node in enumerate(self.nodes)} | {"label": self.label}

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays."""
        plan, d = layers(self.pairs, self.register_site), phys
        if self.register_site != sites or len(self.nodes) != len(plan):
            raise fail("nodes", f"{len(plan)} layers for {sites} sites", len(self.nodes))
        for k, (layer, node) in enumerate(zip(plan, self.nodes, strict=True)):
            up = node.shape[1] if node.ndim == 3 else 0
            check_array(f"nodes.{k}", node, (len(layer.numbers), up, d * d))
            # What passes a layer is padded to its dimension, never cut.
            if layer.passed and up < d:
                raise fail(f"nodes.{k}", f"at least {d} dimensions above", up)
            d = up
        check_array("label", self.label, (outputs, d))


@dataclass(frozen=True, slots=True, eq=False)
class MappedArrays(NetworkArrays):
    """Learnt features and the network behind them.

    Args:
        maps: free matrices, shape (sites, d, basis functions), of full rank.
        network: a chain or tree that takes features of dimension d.
    """

    maps: Array
    network: NetworkArrays

    @property
    def registers(self) -> tuple[str, ...]:
        """What the network behind the maps gives."""
        return self.network.registers

    @property
    def register_site(self) -> int:
        """The site of a register of the network behind the maps."""
        return self.network.register_site

    def weights(self, output: int) -> MPS | TTN:
        """Return the weight state of an output, sites open to basis functions."""
        return _absorbed(self.network.weights(output), list(self._projections()))

    def register(self, kind: str) -> MPS | TTN:
        """Return the state with a register, its other sites open to basis functions."""
        state, maps = self.network.register(kind), list(self._projections())
        maps.insert(self.register_site, np.eye(state.phys[self.register_site]))
        return _absorbed(state, maps)

    def named(self) -> dict[str, Array]:
        """Return the arrays by the names that a file gives them."""
        return {"maps": self.maps} | {f"network.{k}": v for k, v in self.network.named().items()}

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays."""
        inner = self.maps.shape[1] if self.maps.ndim == 3 else 0
        check_array("maps", self.maps, (sites, inner, phys))
        self.network.check_arrays(sites, inner, outputs)

    def _projections(self) -> NDArray[np.float64]:
        """Return the maps with orthonormal rows, their own factor where they have them."""
        q, r = np.linalg.qr(np.asarray(self.maps, np.float64).transpose(0, 2, 1))
        sign = np.where(np.diagonal(r, axis1=1, axis2=2) < 0, -1.0, 1.0)
        return np.asarray((q * sign[:, None]).transpose(0, 2, 1))


def check_array(name: str, array: Any, shape: tuple[int, ...]) -> None:
    """Raise `ArgumentError` unless an array of a network has this shape and is not empty."""
    if tuple(array.shape) != shape or 0 in array.shape[1:]:
        raise fail(name, f"an array of shape {shape}", tuple(array.shape))


def arrays_of_parameters(parameters: Mapping[str, Array], pairs: Pairs | None) -> NetworkArrays:
    """Return the network that the parameters of a saved model make up.

    Args:
        parameters: by the names that a file gives them.
        pairs: the tree; None for a chain.

    Raises:
        MissingExtraError: it is an isometric network, no state: its circuit takes torch.
    """
    if "maps" in parameters:
        inner = {k.removeprefix("network."): v for k, v in parameters.items() if k != "maps"}
        return MappedArrays(parameters["maps"], arrays_of_parameters(inner, pairs))
    if "label" not in parameters:
        missing()
    if pairs is None:
        return ChainArrays(*(parameters[name] for name in ("left", "label", "right")))
    count = sum(name.startswith("nodes.") for name in parameters)
    nodes = tuple(parameters[f"nodes.{k}"] for k in range(count))
    return TreeArrays(pairs, nodes, parameters["label"])


def _absorbed(state: MPS | TTN, maps: list[NDArray[np.float64]]) -> MPS | TTN:
    """Return a state whose sites take what the maps take, one per site."""
    if isinstance(state, MPS):
        pieces = zip(state.tensors, maps, strict=True)
        return MPS(tuple(np.einsum("lsr,sp->lpr", t, q) for t, q in pieces))
    nodes = list(state.tensors)
    for k, pair in enumerate(state.pairs):
        for axis, child in enumerate(pair):
            if child < state.n:
                turned = np.tensordot(nodes[k], maps[child], (axis, 0))
                nodes[k] = np.moveaxis(turned, -1, axis)
    return TTN(tuple(nodes), state.pairs)

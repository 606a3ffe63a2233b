"""Shapes of the arrays of a network: kernels trust them, files must not be trusted with them."""

from __future__ import annotations

from typing import Any

from qtn._checks import fail
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.isometric import IsometricChain, IsometricTree
from qtn.models.networks.learned import MappedNetwork
from qtn.models.networks.tree import TreeNetwork


def check_shapes(network: Any, sites: int, phys: int, outputs: int) -> None:
    """Raise `ArgumentError` unless a network takes rows of `sites` vectors of dimension `phys`.

    Args:
        network: any of the networks of the models.
        sites: number of vectors of a row.
        phys: their dimension.
        outputs: number of classes or targets.
    """
    if isinstance(network, MappedNetwork):
        inner = network.maps.shape[1] if network.maps.ndim == 3 else 0
        _same("maps", network.maps, (sites, inner, phys))
        network, phys = network.network, inner
    if isinstance(network, ChainNetwork):
        _check_chain(network, sites, phys, outputs)
    elif isinstance(network, TreeNetwork):
        _check_tree(network, sites, phys, outputs)
    elif isinstance(network, IsometricChain):
        size = network.nodes[0].shape[1]
        if phys != 2 or size % 2 or size < max(4, outputs):
            raise fail(
                "nodes.0", f"gates on qubits for {outputs} classes", tuple(network.nodes[0].shape)
            )
        _same("nodes.0", network.nodes[0], (sites, size, size))
        _same("sharpness", network.sharpness, ())
    else:
        assert isinstance(network, IsometricTree)
        _check_isometric_tree(network, sites, phys, outputs)


def _check_chain(network: ChainNetwork, sites: int, phys: int, outputs: int) -> None:
    bond, half = network.label.shape[0], sites // 2
    _same("left", network.left, (half, bond, phys, bond))
    _same("right", network.right, (sites - half, bond, phys, bond))
    _same("label", network.label, (bond, outputs, bond))


def _check_tree(network: TreeNetwork, sites: int, phys: int, outputs: int) -> None:
    count, d = len(network.layers), phys
    if network.sites != sites or len(network.nodes) != count:
        raise fail("nodes", f"{count} layers for {sites} sites", len(network.nodes))
    for k, (layer, node) in enumerate(zip(network.layers, network.nodes, strict=True)):
        up = node.shape[1] if node.ndim == 3 else 0
        _same(f"nodes.{k}", node, (len(layer.numbers), up, d * d))
        # What passes a layer is padded to its dimension, never cut.
        if layer.passed and up < d:
            raise fail(f"nodes.{k}", f"at least {d} dimensions above", up)
        d = up
    _same("label", network.label, (outputs, d))


def _check_isometric_tree(network: IsometricTree, sites: int, phys: int, outputs: int) -> None:
    count, d = len(network.layers), phys
    good = network.sites == sites and len(network.nodes) == count == len(network.kept)
    if not good or phys != 2 or network.kept[-1] < outputs:
        raise fail("nodes", f"{count} layers for {sites} qubits, {outputs} classes", sites)
    for k, (layer, node) in enumerate(zip(network.layers, network.nodes, strict=True)):
        _same(f"nodes.{k}", node, (len(layer.numbers), d * d, d * d))
        d = network.kept[k]
    _same("sharpness", network.sharpness, ())


def _same(name: str, array: Any, shape: tuple[int, ...]) -> None:
    if tuple(array.shape) != shape or 0 in array.shape[1:]:
        raise fail(name, f"an array of shape {shape}", tuple(array.shape))

"""Networks as arrays: their states contracted with a row are what the network of torch gives."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
import torch

from qtn.errors import ArgumentError, MissingExtraError
from qtn.models.networks.base import StateNetwork, to_array
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.in_numpy.network_arrays import (
    ChainArrays,
    MappedArrays,
    NetworkArrays,
    TreeArrays,
    arrays_of_parameters,
    check_array,
)
from qtn.models.networks.learned import MappedNetwork
from qtn.models.networks.tree import TreeNetwork
from qtn.models.networks.trees import balanced
from qtn.states import MPS, TTN

SITES, BOND, PHYS, OUTPUTS = 5, 3, 2, 2


def normal(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape))


def chain() -> ChainNetwork:
    left, right = normal(2, BOND, PHYS, BOND), normal(3, BOND, PHYS, BOND)
    return ChainNetwork(left, normal(BOND, OUTPUTS, BOND), right)


def tree() -> TreeNetwork:
    nodes = [normal(2, BOND, PHYS**2), normal(1, BOND, BOND**2), normal(1, BOND, BOND**2)]
    return TreeNetwork(balanced(SITES), nodes, normal(OUTPUTS, BOND))


NETWORKS = {
    "chain": (chain, None),
    "tree": (tree, balanced(SITES)),
    "maps": (lambda: MappedNetwork(normal(SITES, PHYS, 4), chain()), None),
}


def dense(state: MPS | TTN) -> np.ndarray:
    """Return the amplitudes with an axis per site, in the order of the sites."""
    return state.to_dense().reshape(state.phys[::-1]).transpose()


def made(name: str) -> tuple[StateNetwork, NetworkArrays]:
    build, pairs = NETWORKS[name]
    network = build()
    return network, arrays_of_parameters(
        {k: to_array(v) for k, v in network.state_dict().items()}, pairs
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_states_are_the_amplitudes_of_the_network(name: str) -> None:
    network, arrays = made(name)
    phys = 4 if name == "maps" else PHYS
    x = normal(SITES, phys, 1)
    amplitude, log_scale = network(x)
    wanted = (amplitude * log_scale.exp()[:, None])[0].detach().numpy()
    row = reduce(np.kron, x[:, :, 0].numpy())
    values = [dense(arrays.weights(c)).ravel() @ row for c in range(OUTPUTS)]
    np.testing.assert_allclose(values, wanted, rtol=1e-12)
    whole = dense(arrays.register("label"))
    moved = np.moveaxis(whole, arrays.register_site, 0).reshape(OUTPUTS, -1)
    np.testing.assert_allclose(moved @ row, wanted, rtol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_shapes_are_those_of_the_network(name: str) -> None:
    network, arrays = made(name)
    phys = 4 if name == "maps" else PHYS
    assert set(arrays.named()) == set(network.state_dict())
    assert arrays.arrays() is arrays
    assert arrays.registers == network.registers
    arrays.check_arrays(SITES, phys, OUTPUTS)
    for sites, d, outputs in ((SITES + 1, phys, OUTPUTS), (SITES, 7, OUTPUTS), (SITES, phys, 9)):
        with pytest.raises(ArgumentError, match="must be"):
            arrays.check_arrays(sites, d, outputs)


def test_the_root_of_a_tree_is_what_outputs_read() -> None:
    arrays = made("tree")[1]
    assert isinstance(arrays, TreeArrays)
    opened = dense(arrays.register("root")).reshape(-1, BOND)
    for output in range(OUTPUTS):
        state = dense(arrays.weights(output)).ravel()
        np.testing.assert_allclose(opened @ arrays.readout()[output], state, rtol=1e-12)


def test_single_precision_is_widened_before_anything_is_computed() -> None:
    arrays = MappedArrays(
        np.eye(2, dtype=np.float32)[None].repeat(2, axis=0),
        ChainArrays(*(np.ones(s, np.float32) for s in ((1, 1, 2, 1), (1, 2, 1), (1, 1, 2, 1)))),
    )
    assert arrays.weights(0).tensors[0].dtype == np.float64
    assert arrays.named()["maps"].dtype == np.float32


def test_an_isometric_network_takes_torch() -> None:
    with pytest.raises(MissingExtraError, match="torch"):
        arrays_of_parameters({"nodes.0": np.eye(4)[None], "sharpness": np.zeros(())}, None)


def test_an_empty_or_wrong_array_is_named() -> None:
    check_array("label", np.zeros((2, 3)), (2, 3))
    with pytest.raises(ArgumentError, match=r"`label` must be an array of shape \(2, 4\)"):
        check_array("label", np.zeros((2, 3)), (2, 4))
    with pytest.raises(ArgumentError, match="`left` must be"):
        check_array("left", np.zeros((2, 0)), (2, 0))

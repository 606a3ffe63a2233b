"""Every network refuses arrays that do not fit together, and names the one that does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from qtn.errors import ArgumentError
from qtn.models.networks.base import Network, StateNetwork
from qtn.models.networks.chain import ChainNetwork
from qtn.models.networks.isometric import IsometricChain, IsometricTree, kept_dimensions
from qtn.models.networks.learned import MappedNetwork
from qtn.models.networks.tree import TreeNetwork
from qtn.models.networks.trees import balanced

SITES, PHYS, OUTPUTS = 4, 2, 3


def chain(phys: int = PHYS) -> ChainNetwork:
    rng = np.random.default_rng(0)
    return ChainNetwork.from_cores(
        rng.normal(size=(SITES, 3, phys, 3)), rng.normal(size=(3, OUTPUTS, 3))
    )


def tree() -> TreeNetwork:
    x = torch.from_numpy(np.random.default_rng(1).random((20, SITES, PHYS)))
    return TreeNetwork.coarse_grained(x, torch.arange(20) % OUTPUTS, OUTPUTS, balanced(SITES), 3)


def isometric_tree() -> IsometricTree:
    x = torch.from_numpy(np.random.default_rng(1).random((20, SITES, PHYS)))
    x = x / x.norm(dim=2, keepdim=True)
    return IsometricTree.coarse_grained(x, OUTPUTS, balanced(SITES), 2)


NETWORKS = {
    "chain": chain,
    "tree": tree,
    "isometric chain": lambda: IsometricChain.near_identity(SITES, OUTPUTS, 2, 0),
    "isometric tree": isometric_tree,
    "maps": lambda: MappedNetwork(torch.eye(3)[:PHYS].repeat(SITES, 1, 1).double(), chain()),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_arrays_that_belong_together_are_accepted(name: str) -> None:
    network: Network = NETWORKS[name]()
    phys = 3 if name == "maps" else PHYS
    network.check_arrays(SITES, phys, OUTPUTS)
    x = torch.rand(SITES, phys, 5, dtype=torch.float64, generator=torch.manual_seed(0))
    amplitude, log_scale = network(x)
    assert amplitude.shape == (5, OUTPUTS)
    assert log_scale.shape == (5,)
    assert network.log_norm().shape == ()
    assert network.orthogonal is name.startswith("isometric")


@pytest.mark.parametrize("name", NETWORKS)
def test_arrays_for_other_rows_or_outputs_are_refused(name: str) -> None:
    network: Network = NETWORKS[name]()
    phys = 3 if name == "maps" else PHYS
    for sites, d, outputs in ((SITES + 1, phys, OUTPUTS), (SITES, 5, OUTPUTS), (SITES, phys, 9)):
        with pytest.raises(ArgumentError, match="must be"):
            network.check_arrays(sites, d, outputs)


@pytest.mark.parametrize("name", ["chain", "tree", "maps"])
def test_a_register_stands_beside_the_sites(name: str) -> None:
    network: StateNetwork = NETWORKS[name]()
    phys = [3 if name == "maps" else PHYS] * SITES
    for output in range(OUTPUTS):
        assert network.weights(output).phys == tuple(phys)
    for kind in network.registers:
        found = list(network.register(kind).phys)
        assert found.pop(network.register_site) == OUTPUTS  # both trees have a root of 3
        assert found == phys
    assert network.registers == (("label", "root") if name == "tree" else ("label",))
    x = torch.rand(SITES, phys[0], 5, dtype=torch.float64, generator=torch.manual_seed(0))
    single = network.float().exact()(x)[0]
    assert single.dtype == torch.float64


def test_what_passes_a_layer_of_a_tree_is_never_cut() -> None:
    # Three sites: one passes the first layer, whose nodes must keep its dimension.
    nodes = [torch.zeros(1, 1, 4), torch.zeros(1, 2, 1)]
    network = TreeNetwork(balanced(3), nodes, torch.zeros(OUTPUTS, 2))
    with pytest.raises(ArgumentError, match=r"`nodes.0` must be at least 2 dimensions above"):
        network.check_arrays(3, PHYS, OUTPUTS)


def test_the_register_of_a_circuit_holds_all_classes() -> None:
    gates = torch.eye(4).repeat(SITES, 1, 1)
    with pytest.raises(ArgumentError, match="gates on qubits for 5 classes"):
        IsometricChain(5, gates).check_arrays(SITES, 2, 5)
    kept = kept_dimensions(2, 2)
    nodes = [torch.eye(4).repeat(2, 1, 1), torch.eye(4).repeat(1, 1, 1)]
    with pytest.raises(ArgumentError, match="2 layers for 4 qubits, 5 classes"):
        IsometricTree(balanced(SITES), 5, nodes, kept).check_arrays(SITES, 2, 5)

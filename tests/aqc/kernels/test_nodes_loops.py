"""The loops on registers: what they leave of one register against numpy."""

from __future__ import annotations

import numpy as np
from aqc.random_states import random_chain

from qtn.aqc.kernels.gates import joined
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.kernels.nodes_loops import ISOMETRY_AT, MEMORY, WIRES
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.shape.chain_trees import chain_tree


def test_isometries_are_the_gates_on_the_memory() -> None:
    tree = chain_tree(random_chain(7, 4, 0).tensors)
    shape = tree.shape.filled(1.0)
    gates = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(0))
    kernel = NodesKernel(tree, shape)
    kernel.evaluate(gates)
    matrices, first = joined(gates), 0
    for node, row in zip(shape.nodes, kernel._network.table, strict=True):
        wires, columns = int(row[WIRES]), 2 ** int(row[MEMORY])
        place = 2 ** (wires - node.place - node.memory)
        state = np.zeros((2**wires, columns), complex)
        state[np.arange(columns) * place, np.arange(columns)] = 1.0
        for b, gate in zip(node.pairs, matrices[first:]):
            state = (gate @ state.reshape(2**b, 4, -1)).reshape(2**wires, columns)
        first += len(node.pairs)
        found = kernel._room.isometries[row[ISOMETRY_AT] :][: state.size]
        assert np.allclose(found, state.reshape(-1), atol=1e-13)

import numpy as np
import pytest
from aqc.dense import blocks_vector, circuit_vector, random_blocks, random_gates

from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError

CX = np.eye(4)[[0, 1, 3, 2]]
UP = Ansatz(4, (Layer((0, 1, 2), False), Layer((0, 2), True)))


@pytest.mark.parametrize("shape", [brickwall_shape(5, 3), staircase_shape(4, 2), UP])
@pytest.mark.parametrize("real", [False, True])
def test_layers_become_blocks_in_time_order_and_are_kept(shape, real):
    gates = random_gates(np.random.default_rng(0), shape.size, real)
    blocks = Blocks.of(shape, gates)
    assert np.allclose(blocks_vector(blocks), circuit_vector(shape, gates), atol=1e-13)
    assert (blocks.size, blocks.depth, blocks.ansatz) == (shape.size, len(shape.layers), shape)
    assert np.array_equal(blocks.matrices, gates)
    assert blocks.matrices.dtype == gates.dtype


def test_blocks_on_neighbours_are_arranged_into_layers():
    rng = np.random.default_rng(1)
    gates = [((1, 0), random_gates(rng, 1, False)[0]), ((2,), np.array([[0.0, 1.0], [1.0, 0.0]])),
             ((1, 2), random_gates(rng, 1, False)[0]), ((3,), np.diag([1.0, 1j]))]  # fmt: skip
    blocks = Blocks(4, gates)
    shape, matrices = blocks.as_layers()
    assert np.allclose(circuit_vector(shape, matrices), blocks_vector(blocks), atol=1e-13)
    assert blocks.depth == 2


def test_one_site_has_one_gate():
    shape, gates = Blocks(1, [((0,), np.diag([1.0, 1j]))]).as_layers()
    assert (shape.layers, gates.shape) == ((), (1, 2, 2))


def test_other_pairs_have_no_layers():
    blocks = Blocks(4, [((0, 3), CX)])
    with pytest.raises(ArgumentError, match="sites 0 and 3, which are no neighbours"):
        blocks.as_layers()
    assert (blocks.size, blocks.depth) == (1, 1)


def test_levels_act_one_after_another_on_different_sites():
    blocks = random_blocks(np.random.default_rng(2), 6, 20)
    levels = blocks.levels()
    for level in levels:
        sites = [site for where, _ in level for site in where]
        assert len(set(sites)) == len(sites)
    again = Blocks(6, [gate for level in levels for gate in level])
    assert np.allclose(blocks_vector(again), blocks_vector(blocks), atol=1e-12)


def test_blocks_do_not_change_with_what_they_were_made_of():
    matrix = CX.copy()
    blocks = Blocks(2, [((0, 1), matrix)])
    matrix[:] = 0.0
    assert np.array_equal(blocks.gates[0][1], CX)
    with pytest.raises(ValueError, match="read-only"):
        blocks.gates[0][1][0, 0] = 2.0


@pytest.mark.parametrize(
    ("gates", "message"),
    [
        ([((0, 0), CX)], "on one site or two different sites"),
        ([((0, 1, 2), np.eye(8))], "on one site or two different sites"),
        ([((0, 3), CX)], "an integer of at least 0 and at most 2, but is 3"),
        ([((0, 1.5), CX)], "an integer of at least 0 and at most 2, but is 1.5"),
        ([((0, 1), np.eye(2))], r"matrices of side 4 on \(0, 1\)"),
        ([((0, 1), 1.1 * CX)], "unitary matrices"),
        ([((0, 1), np.nan * CX)], "finite numbers"),
        ([((0,), [["a", "b"], ["c", "d"]])], "matrices of side 2"),
        ([CX], r"pairs \(sites, matrix\)"),
        ([("01", CX)], "on sites given as a tuple"),
        (3, r"pairs \(sites, matrix\)"),
    ],
)
def test_what_is_no_block_is_refused(gates, message):
    with pytest.raises(ArgumentError, match=message):
        Blocks(3, gates)


def test_gates_that_do_not_fit_their_layers_are_refused():
    with pytest.raises(ArgumentError, match=r"`gates` must be numbers of shape \(2, 4, 4\)"):
        Blocks.of(staircase_shape(3, 1), np.eye(4)[None])

"""Trees of blocks: against their circuits, noiseless and noisy; how many blocks; how they learn."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import oracles
import pytest
from qiskit.quantum_info import DensityMatrix, Operator

import qtn
from qtn.data import load_digits
from qtn.errors import ArgumentError
from qtn.models.networks.pair_blocks.block_tree import BlockTree, tree_plan
from qtn.models.networks.trees import balanced, patches

DATA = load_digits(size=4, classes=(0, 1, 2))
SMALL = load_digits(size=2, classes=(0, 1, 2))
PAULIS = [oracles.pauli_matrix(a + b) for a, b in itertools.product("IXYZ", repeat=2)]


def noisy_outcomes(circuit: Any, noise: float, readout: float) -> np.ndarray:
    """Dense density matrix, depolarised behind every second CX: a block is two on one pair."""
    count, measured = 0, {}
    rho = DensityMatrix.from_label("0" * circuit.num_qubits)
    for item in circuit.data:
        places = [circuit.find_bit(q).index for q in item.qubits]
        if item.operation.name == "measure":
            measured[circuit.find_bit(item.clbits[0]).index] = places[0]
            continue
        rho = rho.evolve(item.operation, places)
        if item.operation.name == "cx":
            count += 1
            if count % 2 == 0:
                total = sum(rho.evolve(Operator(p), places).data for p in PAULIS) / 16
                rho = DensityMatrix((1 - noise) * rho.data + noise * total)
    found = rho.probabilities([measured[k] for k in range(len(measured))])
    flip = np.array([[1 - readout, readout], [readout, 1 - readout]])
    full = np.eye(1)
    for _ in measured:
        full = np.kron(full, flip)
    return full @ found


@pytest.fixture(scope="module")
def model() -> qtn.TTNClassifier:
    settings = {"isometric": True, "nodes": "blocks", "epochs": 25, "shape": (4, 4)}
    return qtn.TTNClassifier(**settings).fit(DATA.x_train, DATA.y_train)


@pytest.mark.parametrize(
    ("sites", "bond", "depth"), [(4, 4, 2), (5, 4, 1), (6, 2, 2), (5, 8, 2), (3, 4, 0), (2, 4, 3)]
)
def test_outcomes_are_those_of_the_circuit(sites: int, bond: int, depth: int) -> None:
    x = DATA.x_train[:60, 3 : 3 + sites]
    y = DATA.y_train[:60] % 2
    tree = qtn.TTNClassifier(bond, isometric=True, nodes="blocks", depth=depth, epochs=1)
    circuit = tree.fit(x, y).circuit()
    assert circuit.num_qubits == sites
    assert circuit.count_ops()["cx"] == 2 * tree.network_.plan.blocks
    wanted = tree.outcomes(x[:2])
    for row, p in zip(x, wanted):
        assert oracles.readout(circuit.assign_parameters(np.pi * row)) == pytest.approx(
            p, abs=1e-10
        )


@pytest.mark.parametrize("sites", [4, 5])
def test_noise_on_blocks_and_readout_is_exact(sites: int) -> None:
    x, y = DATA.x_train[:60, :sites], DATA.y_train[:60] % 2
    tree = qtn.TTNClassifier(isometric=True, nodes="blocks", epochs=1, seed=sites).fit(x, y)
    bound = tree.circuit().assign_parameters(np.pi * x[0])
    wanted = noisy_outcomes(bound, 0.04, 0.03)
    got = tree.outcomes(x[:1], noise=0.04, readout=0.03)[0]
    assert got == pytest.approx(wanted, abs=1e-10)
    scores = tree.scores(x[:1], noise=0.04, readout=0.03)[0]
    assert scores == pytest.approx([got[0::2].sum(), got[1::2].sum()], abs=1e-12)


def test_reset_gives_the_same_on_fewer_qubits(model: qtn.TTNClassifier) -> None:
    from qiskit_aer import AerSimulator

    circuit = model.circuit(reset=True)
    assert (model.circuit().num_qubits, circuit.num_qubits) == (16, 8)
    assert circuit.count_ops()["cx"] == 90
    bound = circuit.assign_parameters(np.pi * DATA.x_test[0])
    measured = [bound.find_bit(item.qubits[0]).index for item in bound.data[-4:]]
    bound.remove_final_measurements()
    bound.save_probabilities(measured)
    exact = AerSimulator(method="density_matrix").run(bound, shots=1).result()
    found = exact.data()["probabilities"]
    assert found == pytest.approx(model.outcomes(DATA.x_test[:1])[0], abs=1e-10)


def test_it_learns_and_comes_back_from_a_file(model: qtn.TTNClassifier, tmp_path: Any) -> None:
    assert model.score(DATA.x_test, DATA.y_test) > 0.9
    qtn.save(model, tmp_path / "tree.qtn")
    back = qtn.load(tmp_path / "tree.qtn")
    assert isinstance(back.network_, BlockTree)
    for noise in (0.0, 0.02):
        assert (back.outcomes(DATA.x_test, noise) == model.outcomes(DATA.x_test, noise)).all()


def test_blocks_stay_rotations(model: qtn.TTNClassifier) -> None:
    stack = model.network_.exact().nodes[0].detach().numpy()
    assert np.linalg.det(stack) == pytest.approx(1.0)
    assert stack @ stack.swapaxes(1, 2) == pytest.approx(np.broadcast_to(np.eye(4), stack.shape))
    assert model.network_.angles == 6 * len(stack) == 6 * 45


@pytest.mark.parametrize(
    ("pairs", "width", "depth", "blocks"),
    [
        (patches(4, 4), 2, 1, 36),
        (patches(4, 4), 2, 2, 45),
        (patches(8, 8), 2, 2, 201),
        (balanced(5), 2, 1, 9),
        (balanced(2), 2, 2, 1),
    ],
)
def test_number_of_blocks(pairs: Any, width: int, depth: int, blocks: int) -> None:
    plan = tree_plan(pairs, width, depth)
    assert plan.blocks == blocks
    assert sorted(n for m in plan.members for n in m) == list(
        range(len(pairs) + 1, 2 * len(pairs) + 1)
    )


def test_training_under_noise_lowers_the_loss_under_noise() -> None:
    settings = {"isometric": True, "nodes": "blocks", "epochs": 15, "shape": (4, 4)}
    noise = {"gate_noise": 0.1, "readout_noise": 0.05}
    losses = []
    for trained in ({}, noise):
        tree = qtn.TTNClassifier(**settings, **trained).fit(DATA.x_train, DATA.y_train)
        tree.set_params(**noise)
        rows = (DATA.x_test.copy(), DATA.y_test.copy(), np.ones(len(DATA.y_test)))
        losses.append(tree._mean_loss(*rows))
    assert losses[1] < losses[0]


@pytest.mark.parametrize("outputs", [5, 40])
def test_too_few_outcomes_are_refused(outputs: int) -> None:
    tree = BlockTree.near_identity(balanced(3), outputs, 1, 1, 0)
    with pytest.raises(ArgumentError, match=f"a root of at least {outputs} outcomes"):
        tree.check_arrays(3, 2, outputs)
    with pytest.raises(ArgumentError, match="a tree of 4 qubits"):
        tree.check_arrays(4, 2, 2)

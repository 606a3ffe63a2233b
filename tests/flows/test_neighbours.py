"""The optional packages of the locked set work in the same environment (slow to import)."""

from __future__ import annotations

import numpy as np
import pytest


def test_pennylane_runs_beside_quimb() -> None:
    pennylane = pytest.importorskip("pennylane")

    @pennylane.qnode(pennylane.device("default.qubit", wires=2))
    def bell() -> object:
        pennylane.Hadamard(0)
        pennylane.CNOT([0, 1])
        return pennylane.probs(wires=[0, 1])

    assert np.allclose(bell(), [0.5, 0, 0, 0.5])


def test_lambeq_turns_a_diagram_into_tensors() -> None:
    pytest.importorskip("lambeq")
    from lambeq import AtomicType, IQPAnsatz
    from lambeq.backend.grammar import Cup, Id, Word

    noun, sentence = AtomicType.NOUN, AtomicType.SENTENCE
    diagram = Word("trains", noun) @ Word("run", noun.r @ sentence)
    diagram >>= Cup(noun, noun.r) @ Id(sentence)
    circuit = IQPAnsatz({noun: 1, sentence: 1}, n_layers=1)(diagram)
    assert len(circuit.free_symbols) > 0


@pytest.mark.parametrize("method", ["DMRG1", "DMRG2"])
@pytest.mark.filterwarnings("ignore")
def test_quimb_ground_states_reach_both_doors(method: str) -> None:
    import quimb.tensor as qtensor

    import qtn

    # Bonds large enough for quimb to take its iterative solver on the local problem.
    solver = getattr(qtensor, method)(qtensor.MPO_ham_heis(30), bond_dims=[10, 20, 40])
    solver.solve(tol=1e-8, verbosity=0)
    ours = qtn.ground_state(qtn.chain("heisenberg", n=30), max_bond=40)
    assert qtn.MPS.from_quimb(solver.state).fidelity(ours) == pytest.approx(1.0, abs=1e-4)
    compiled = qtn.compile(solver.state, qtn.Staircase(layers=1), seed=0)
    check = qtn.verify(compiled, solver.state)
    assert check.fidelity == pytest.approx(compiled.fidelity, abs=1e-8)

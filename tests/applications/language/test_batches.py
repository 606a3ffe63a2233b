"""Contracted batches against the exact value of every single circuit, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import qtn
from qtn.applications.language.batches import grouped
from qtn.errors import ArgumentError

lambeq = pytest.importorskip("lambeq", reason="lambeq is not installed")
quantum = lambeq.backend.quantum
SENTENCES = ["she cooks dinner", "he bakes bread", "she sleeps", "dinner cooks she"]


@pytest.mark.parametrize("reader", ["stairs", "cups", "spiders"])
@pytest.mark.parametrize("ansatz", ["iqp", "sim14", "strongly-entangling"])
@pytest.mark.parametrize("discard", [False, True])
@pytest.mark.parametrize("reuse", [False, True])
def test_batches_are_the_single_circuits(reader, ansatz, discard, reuse):
    circuits = [
        qtn.from_lambeq(qtn.sentence_diagram(s, reader), ansatz, discard=discard, reuse=reuse)
        for s in SENTENCES
    ]
    batches = grouped(circuits)
    assert [b.rows for b in batches] == [(0, 1, 3), (2,)]
    rng = np.random.default_rng(0)
    names = sorted({name for made in circuits for name in made.names})
    values = dict(zip(names, rng.uniform(-1, 1, len(names))))
    for batch in batches:
        turns = torch.tensor([[values[n] for n in row] for row in batch.names])
        joint = batch.structure.joint(turns.reshape(len(batch.rows), -1)).numpy()
        for row, found in zip(batch.rows, joint):
            made = circuits[row]
            np.testing.assert_allclose(found.sum(), made.success(values), atol=1e-13)
            np.testing.assert_allclose(found / found.sum(), made.probabilities(values), atol=1e-12)


def test_gradients_are_those_of_differences():
    made = qtn.from_lambeq(qtn.sentence_diagram("she cooks dinner"), "sim14", discard=True)
    (batch,) = grouped([made])
    drawn = torch.Generator().manual_seed(0)
    turns = torch.rand(1, batch.structure.slots, dtype=torch.float64, generator=drawn)
    assert torch.autograd.gradcheck(batch.structure.joint, turns.requires_grad_())


def test_equal_words_share_a_structure_of_their_own():
    """Where a word stands twice the circuit has fewer parameters."""
    circuits = [qtn.from_lambeq(qtn.sentence_diagram(s), "iqp") for s in ("a a b", "a b c")]
    assert [b.rows for b in grouped(circuits)] == [(0,), (1,)]


def test_what_is_too_large_or_measured():
    long = qtn.sentence_diagram(" ".join("abcdefghijklmnopqrst"), "stairs")
    with pytest.raises(ArgumentError, match="wires at once, more than 18"):
        grouped([qtn.from_lambeq(long, "iqp", discard=True)])
    assert grouped([qtn.from_lambeq(long, "iqp", reuse=True)])
    circuit = quantum.Ket(0, 0) >> quantum.CX >> quantum.Measure() @ quantum.qubit
    with pytest.raises(ArgumentError, match="measured inside"):
        grouped([qtn.from_lambeq(circuit)])

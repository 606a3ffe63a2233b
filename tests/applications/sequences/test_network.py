"""The contraction against plain density matrices, and its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sentences import SHAPES, drawn

from qtn.applications.sequences.architecture import Architecture
from qtn.applications.sequences.network import SequenceNetwork, hermitian_basis, modulo
from qtn.errors import ArgumentError


def plainly(network: SequenceNetwork, codes: Any, noise: float = 0.0) -> Any:
    """Return tr(Π_o ρ) of one sentence, density matrix by density matrix."""
    shape = network.shape
    words, boxes = network.states().numpy(), network.unitaries().numpy()
    rho = [np.outer(words[c], words[c].conj()) for c in codes]
    blank = np.zeros((2 ** (shape.memory - shape.wires),) * 2)
    blank[0, 0] = 1.0
    if shape.arch == "path":
        rho[0] = np.kron(blank, rho[0])
    kept, second = 2**shape.memory, 2**shape.wires
    for level in shape.levels(len(codes)):
        for m in level:
            u = boxes[m.box]
            joint = (u @ np.kron(rho[m.left], rho[m.right]) @ u.conj().T).reshape(
                kept, second, kept, second
            )
            left = joint[:, 0, :, 0] if shape.closure == "post-select" else np.einsum(
                "aibi->ab", joint)  # fmt: skip
            mixed = np.trace(left) * np.eye(kept) / kept
            rho.append((1 - noise) * left + noise * mixed)
    return np.real(np.diag(rho[-1])).reshape(2**network.read, -1).sum(axis=1)


@pytest.mark.parametrize(("arch", "sharing", "closure", "wires", "memory"), SHAPES)
def test_it_is_the_circuit_of_density_matrices(
    arch: str, sharing: str, closure: str, wires: int, memory: int
) -> None:
    network = drawn(Architecture(arch, sharing, closure, wires, memory, 6))
    for length in (1, 2, 5, 6):
        codes = np.random.default_rng(length).integers(0, 4, (3, length))
        for noise in (0.0, 0.2):
            p, logs = network.outcomes(torch.from_numpy(codes), noise)
            found = p * logs.exp()[:, None]
            expected = np.array([plainly(network, row, noise) for row in codes])
            assert np.abs(found.numpy() - expected).max() < 1e-13


def test_many_sentences_take_the_table_of_pairs_to_the_same_values() -> None:
    for closure in ("discard", "post-select"):
        network = drawn(Architecture("tree", "uniform", closure, 1, 1, 8))
        codes = torch.from_numpy(np.random.default_rng(0).integers(0, 4, (40, 7)))
        together = network.outcomes(codes)
        alone = [network.outcomes(row[None]) for row in codes]
        for k in range(2):
            single = torch.cat([pair[k] for pair in alone])
            assert (together[k] - single).abs().max() < 1e-13


def test_derivatives_are_those_of_finite_differences() -> None:
    network = drawn(Architecture("tree", "level", "post-select", 1, 1, 5))
    codes = torch.from_numpy(np.random.default_rng(1).integers(0, 4, (2, 5)))
    network.requires_grad_(True)

    def value(words: torch.Tensor, angles: torch.Tensor) -> Any:
        changed = {"words": words, "angles": angles}
        return torch.func.functional_call(network, changed, codes)

    assert torch.autograd.gradcheck(value, (network.words, network.angles), atol=1e-7)


def test_a_tree_starts_as_the_mean_of_its_tokens() -> None:
    shape = Architecture("tree", "uniform", "discard", 1, 1, 4)
    network = SequenceNetwork.started(shape, 3, 1, 4.0, 0).double().requires_grad_(False)
    network.angles.copy_(torch.from_numpy(_swap_angles()))
    codes = torch.tensor([[0, 1, 2, 2]])
    means = network.vectors()[codes[0]].mean(dim=0)
    z = float(network.outcomes(codes)[0] @ torch.tensor([1.0, -1.0], dtype=torch.float64))
    # √SWAP adds half of the commutators of neighbours to the mean, of traceless parts at most 1/2.
    assert abs(z - float(means[3]) * 2**0.5) < 0.5


def _swap_angles() -> Any:
    swap = np.eye(4)[[0, 2, 1, 3]]
    return np.einsum("kab,ba->k", hermitian_basis(2)[1:], -np.pi / 4 * swap).real[None]


def test_the_basis_is_orthonormal_and_hermitian() -> None:
    basis = hermitian_basis(2)
    assert np.abs(np.einsum("iab,jba->ij", basis, basis) - np.eye(16)).max() < 1e-15
    assert np.abs(basis - basis.conj().transpose(0, 2, 1)).max() == 0
    assert np.abs(basis[0] - np.eye(4) / 2).max() < 1e-15


def test_outcomes_are_added_modulo_the_classes() -> None:
    p = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    assert torch.allclose(modulo(p, 3), torch.tensor([[0.5, 0.2, 0.3]]))


def test_arrays_of_other_shapes_are_refused() -> None:
    network = drawn(Architecture("tree", "level", "discard", 1, 1, 5))
    network.check_arrays(4, 2, 2)
    with pytest.raises(ArgumentError, match=r"`words` must be an array of shape \(5, 2, 2\)"):
        network.check_arrays(5, 2, 2)
    network.offsets = torch.nn.Parameter(torch.zeros(2))
    with pytest.raises(ArgumentError, match="`offsets` must be none or 1"):
        network.check_arrays(4, 2, 2)

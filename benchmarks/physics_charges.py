"""Blocks beside dense arrays: sweeps, layers, overlaps and samples of states of definite charge.

The states are those of a Heisenberg quench from the Néel state, cut to the bond asked for, and of
two species of hopping particles (two charges, sites of four levels). Both ways do the same work on
the same state with their default methods; times are CPU seconds of one thread, the best of two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import qtn
from benchmarks import report

N = 24
BARS = {128: 5.0, 256: 8.0}


def add_rows(table: report.Table) -> None:
    """Ratios dense time / block time at bond 128 and 256."""
    quench = _quench()
    for bond, bar in BARS.items():
        blocks = _shortened(quench, bond)
        for name, dense, ours in (*_layers(blocks, bond), *_reads(blocks)):
            _row(table, f"{name}, bond {bond}", _pair(dense, ours), bar)


def add_sweeps(table: report.Table) -> None:
    """The same of sweeps, and where blocks begin to pay."""
    quench = _quench()
    for bond, bar in BARS.items():
        blocks = _shortened(quench, bond)
        for name, dense, ours in _sweeps(blocks, bond):
            _row(table, f"{name}, bond {bond}", _pair(dense, ours), bar)
    for bond in (16, 32, 48, 64):
        blocks = _shortened(quench, bond)
        for name, dense, ours in _sweeps(blocks, bond):
            _row(table, f"{name}, bond {bond}", _pair(dense, ours), None)


def add_species(table: report.Table) -> None:
    """Two charges: layers, overlaps and samples of two species at bond 128 and 256."""
    state, layer = _species(256), _species_layer()

    def layers(blocks: qtn.BlockMPS, bond: int) -> Job:
        dense = blocks.to_mps()
        return (
            "layers of hops",
            lambda: _dense_layer(dense, layer, bond),
            lambda: blocks.evolved(layer, max_bond=bond, cutoff=1e-12),
        )

    for bond, bar in BARS.items():
        blocks = _shortened(state, bond)
        for name, dense, ours in (layers(blocks, bond), *_reads(blocks)):
            _row(table, f"two species, {name}, bond {bond}", _pair(dense, ours), bar)


Job = tuple[str, Callable[[], Any], Callable[[], Any]]


def _pair(dense: Callable[[], Any], ours: Callable[[], Any]) -> tuple[float, float]:
    """Return the shortest CPU seconds of two calls each, in turn, after one that only warms up."""
    ours()
    times: tuple[list[float], list[float]] = [], []
    for _ in range(2):
        for job, found in zip((dense, ours), times, strict=True):
            start = time.process_time()
            job()
            found.append(time.process_time() - start)
    return min(times[0]), min(times[1])


def _row(table: report.Table, name: str, seconds: tuple[float, float], bar: float | None) -> None:
    dense, blocks = seconds
    ratio, note = dense / blocks, f"dense {dense:.3g} s, blocks {blocks:.3g} s"
    if bar is None:
        table.inform(f"charges: {name}", f"{ratio:.1f}", note=note)
    else:
        table.at_least(f"charges: {name}", ratio, bar, note=note)


def _quench() -> qtn.BlockMPS:
    from qtn.physics import TEBD

    hamiltonian = qtn.chain("heisenberg", N)
    state = qtn.evolve(
        hamiltonian, "neel", 6.5, max_bond=256, cutoff=1e-11, method=TEBD(2, 0.1), progress=False
    )
    return qtn.BlockMPS.from_mps(state)


def _shortened(state: qtn.BlockMPS, bond: int) -> qtn.BlockMPS:
    return state.truncated(max_bond=bond).state.normalised()


def _layers(blocks: qtn.BlockMPS, bond: int) -> list[Job]:
    """One even and one odd layer: the kernel of `qtn.evolve`, and gates given one by one."""
    from qtn.physics import tebd
    from qtn.physics.terms import bond_matrices, read_terms

    energies, vectors = np.linalg.eigh(bond_matrices(read_terms(qtn.chain("heisenberg", N))))
    phases = np.exp(-0.1j * energies)
    gates = (vectors * phases[:, None, :]) @ vectors.conj().transpose(0, 2, 1)
    gates[np.abs(gates) < 1e-16] = 0.0
    order = [*range(0, N - 1, 2), *range(1, N - 1, 2)]
    listed = [((b, b + 1), gates[b]) for b in order]
    dense = blocks.to_mps()
    chains = {kept: tebd.open_chain(dense.tensors, kept) for kept in (False, True)}

    def layer(conserve: bool) -> None:
        for first in (0, 1):
            tebd.apply_layer(chains[conserve], gates, first, 1e-12, bond)

    return [
        ("TEBD layers (qtn.evolve)", lambda: layer(False), lambda: layer(True)),
        ("gates (BlockMPS.evolved)", lambda: _dense_layer(dense, listed, bond),
         lambda: blocks.evolved(listed, max_bond=bond, cutoff=1e-12)),
    ]  # fmt: skip


def _dense_layer(state: qtn.MPS, gates: Any, bond: int) -> None:
    from qtn.states.kernels.circuit import apply_gates

    apply_gates(state.tensors, gates, center=0, max_bond=bond, cutoff=1e-12)


def _reads(blocks: qtn.BlockMPS) -> list[Job]:
    """Overlap with a state of the same bond, and 1,000 samples."""
    dense = blocks.to_mps()
    other = blocks.canonical(N // 2)
    turned = other.to_mps()
    return [
        ("overlap", lambda: dense.overlap(turned), lambda: blocks.overlap(other)),
        ("1,000 samples", lambda: dense.sample(1000), lambda: blocks.sample(1000)),
    ]


def _sweeps(blocks: qtn.BlockMPS, bond: int) -> list[Job]:
    """One sweep there and back of DMRG, and one step of TDVP, on the same state."""
    from qtn.physics import TDVP, tdvp
    from qtn.physics.charges.switch import symmetry_of
    from qtn.physics.effective import DenseFrame
    from qtn.physics.ground import _sweep
    from qtn.physics.mpo import operator_tensors
    from qtn.physics.terms import read_terms

    terms = read_terms(qtn.chain("heisenberg", N))
    symmetry, operator = symmetry_of(terms), operator_tensors(terms)
    state = blocks.canonical(0).to_mps()
    real = qtn.BlockMPS.from_mps(
        qtn.MPS(tuple(t.real for t in state.tensors)).truncated(max_bond=bond).state
    ).to_mps()

    def frame(held: bool, chain: qtn.MPS) -> Any:
        found = symmetry.frame(chain.tensors, 1e-9) if held and symmetry is not None else None
        return found or DenseFrame(operator, chain.tensors)

    def step(held: bool) -> None:
        work = tdvp._State(terms, list(state.tensors), 1)
        work.frame = frame(held, state)
        tdvp._step(work, -0.05j, 1e-12, bond, TDVP())

    return [
        ("DMRG sweep", lambda: _sweep(frame(False, real), N, (1e-12, bond), 8),
         lambda: _sweep(frame(True, real), N, (1e-12, bond), 8)),
        ("TDVP step", lambda: step(False), lambda: step(True)),
    ]  # fmt: skip


def _species_layer() -> list[tuple[tuple[int, int], np.ndarray]]:
    """Hops of both species and a weak coupling, as one gate per bond of sites (n_even, n_odd)."""
    hop = np.eye(4, dtype=complex)
    hop[1:3, 1:3] = [[np.cos(0.3), 1j * np.sin(0.3)], [1j * np.sin(0.3), np.cos(0.3)]]
    legs = hop.reshape(2, 2, 2, 2)
    # Rows (a, e, b, f): species even on both sites a, b and odd on both sites e, f.
    both = np.einsum("abcd,efgh->aebfcgdh", legs, legs).reshape(16, 16)
    both = both @ np.kron(np.diag([1, 1, np.exp(0.05j), 1]), np.eye(4))
    return [((b, b + 1), both) for first in (0, 1) for b in range(first, N - 1, 2)]


def _species(bond: int) -> qtn.BlockMPS:
    charges = np.repeat(np.array([[0, 0, 1, 1], [0, 1, 0, 1]])[:, None], N, axis=1)
    state = qtn.BlockMPS.product([0, 3] * (N // 2), charges, phys=4)
    for _ in range(9):
        state = state.evolved(_species_layer(), max_bond=bond, cutoff=1e-12).state
    return state.normalised()

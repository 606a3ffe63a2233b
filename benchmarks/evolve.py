"""Time evolution and ground states beside quimb and Aer.

    python -m benchmarks.evolve [--quick]

The Heisenberg quench of fifty spins to t = 2 from Néel, at two cuts. Every engine makes the same
second-order Trotter circuit of step 0.05; our fourth-order default is shown beside it, and so is
the error of <Sz_25> against a converged value, so that nobody wins by being wrong.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import report

report.pin_threads()

import numpy as np  # noqa: E402

import qtn  # noqa: E402
from qtn.physics import TDVP, TEBD  # noqa: E402
from qtn.states import MPS  # noqa: E402

# Fourth-order TEBD at a cutoff of 1e-14 and a vanishing step; |<Sz_25>| at t = 2.
REFERENCE = 0.0917077968711
N, TIME, STEP = 50, 2.0, 0.05


def ours(cutoff: float, method: TEBD | TDVP) -> MPS:
    return qtn.evolve(
        qtn.chain("heisenberg", N), "neel", TIME, cutoff=cutoff, method=method, progress=False
    )


def quimb(cutoff: float) -> Any:
    """quimb's TEBD with the same formula, step and discarded weight per cut."""
    import quimb.tensor as qtensor

    start = qtensor.MPS_computational_state("01" * (N // 2), dtype="complex128")
    options = {"cutoff": cutoff, "cutoff_mode": "rsum2"}
    engine = qtensor.TEBD(start, qtensor.ham_1d_heis(N), dt=STEP, split_opts=options, progbar=False)
    engine.update_to(TIME, order=2)
    return engine.pt


def aer_circuit(cutoff: float) -> Callable[[], Any]:
    """Aer's MPS simulator on the merged Trotter circuit; building the circuit is not timed."""
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator

    from qtn.physics.evolve import _gate_table
    from qtn.physics.suzuki import layers
    from qtn.physics.terms import bond_matrices, read_terms

    circuit = QuantumCircuit(N)
    circuit.x(range(1, N, 2))
    steps = round(TIME / STEP)
    gates = _gate_table(bond_matrices(read_terms(qtn.chain("heisenberg", N))), TIME / steps)
    for part, fraction in layers(2, steps):
        for b in range(part, N - 1, 2):
            circuit.unitary(gates(part, fraction)[b], [b + 1, b])
    circuit.save_matrix_product_state()
    simulator = AerSimulator(
        method="matrix_product_state",
        matrix_product_state_truncation_threshold=cutoff,
        max_memory_mb=-1,
        max_parallel_threads=1,
    )
    return lambda: simulator.run(circuit, shots=1).result()


def magnetisation(state: MPS, site: int = 25) -> float:
    centre = state.canonical(site).tensors[site]
    return 0.5 * float(np.einsum("asb,s,asb->", centre.conj(), np.array([1.0, -1.0]), centre).real)


def error_of(state: MPS) -> float:
    return abs(abs(magnetisation(state)) - REFERENCE)


def quench_rows(table: report.Table, repeats: int) -> None:
    for cutoff, quimb_bar, aer_bar in ((1e-8, 5.0, 0.7), (1e-14, None, 1.2)):
        label = f"Heisenberg-50 to t=2, cut {cutoff:g}"
        same = TEBD(order=2, step=STEP)
        # The fourth-order step is chosen so that it is not the less exact of the two.
        fast = TEBD(order=4, step=0.5 if cutoff > 1e-10 else 0.4)
        state, quick = ours(cutoff, same), ours(cutoff, fast)
        note = f"chi {state.max_bond}, error of Sz {error_of(state):.1e}"
        run_aer = aer_circuit(cutoff)
        pair = report.paired_medians(
            lambda c=cutoff, m=same: ours(c, m), lambda c=cutoff: quimb(c), repeats
        )
        table.speed(f"{label}, same circuit", pair, at_least=quimb_bar, peer="quimb", note=note)
        pair = report.paired_medians(lambda c=cutoff, m=same: ours(c, m), run_aer, repeats)
        table.speed(f"{label}, same circuit", pair, at_least=aer_bar, peer="Aer", note=note)
        note = f"chi {quick.max_bond}, error of Sz {error_of(quick):.1e}"
        pair = report.paired_medians(lambda c=cutoff, m=fast: ours(c, m), run_aer, repeats)
        table.speed(f"{label}, fourth order", pair, at_least=None, peer="Aer", note=note)


def accuracy_rows(table: report.Table) -> None:
    """Errors against exact diagonalisation at twelve sites, and the exact critical energy."""
    from scipy.sparse.linalg import expm_multiply

    for name, start in (("j1j2", "neel"), ("long-range-ising", "plus")):
        hamiltonian = qtn.chain(name, 12)
        first = qtn.physics.product_state(start, 12).to_dense().astype(complex)
        exact = expm_multiply(-1j * hamiltonian.to_matrix(sparse=True), first)
        begin = time.process_time()
        state = qtn.evolve(hamiltonian, start, 1.0, method=TDVP(step=0.1), progress=False)
        note = f"{time.process_time() - begin:.1f} CPU s, claimed {state.origin}"
        error = float(np.linalg.norm(state.to_dense() - exact))
        table.at_most(f"TDVP, {name} n=12 to t=1: error", error, 5e-5, note=note)
    begin = time.process_time()
    state = qtn.ground_state(qtn.chain("tfim", 50), max_bond=32, progress=False)
    note = f"{time.process_time() - begin:.1f} CPU s, {state.origin}"
    error = abs(state.origin.energy - (1 - 1 / np.sin(np.pi / 202)))
    table.at_most("critical TFIM n=50: error of the energy", error, 1e-8, note=note)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    options = parser.parse_args(arguments)
    with report.table("evolve", "Time evolution and ground states") as table:
        quench_rows(table, 3 if options.quick else 7)
        accuracy_rows(table)


if __name__ == "__main__":
    main()

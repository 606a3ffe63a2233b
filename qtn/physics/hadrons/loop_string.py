"""Real-time dynamics of SU(2) hadrons in one dimension: loops, strings and hadrons on qubits.

In the loop-string-hadron form of SU(2) lattice gauge theory with staggered fermions a site r has a
number of loops and two fermionic numbers n_i(r), n_o(r) in {0, 1}: whether a string of flux comes
in, and whether one goes out. Gauss's law holds by construction. In the weak-coupling regime the
number of loops is large and nearly uniform; it becomes a constant, and what is left is::

    H = -x sum_r sum_s (σ⁺_s(r) σ⁻_s(r+1) + h.c.)          s = i, o: hops within one species
        + (l/2 + 3/4) sum_r (1 - n_i(r)) n_o(r)            electric energy of a string, l loops
        + mass

One step of first order, of length δ, is read from right to left (hops first)::

    U = [mass] · exp(i θ sum_r (1 - n_i) n_o) · exp(i c hops on odd bonds) · exp(i c on even bonds)

with c = δ x, θ = -δ (l/2 + 3/4), m = δ μ. Even bonds are (0, 1), (2, 3), …; n = 1 is |1⟩.

What follows from this form alone:

* The hops are those of two XX chains, which are free fermions under one Jordan-Wigner string each;
  the electric layer couples them, and only by θ n_i n_o per site. N_i and N_o are conserved each.
* The mass layer of the published circuit turns all qubits i by Rz(-m) and all qubits o by Rz(m).
  It is a function of N_i and N_o: it commutes with everything else, and no number of fermions
  depends on m. (A staggered mass would alternate from site to site; that circuit has none.)

What is taken over from the published circuit rather than derived: the sign of θ in use is positive
(0.01, although the formula gives a negative one); the vacuum of strong coupling has both numbers 1
on odd sites; the meson turns over the two middle qubits of that circuit's layout i(0) i(1) o(0)
o(1) i(2) i(3) o(2) o(3) …, which are o(N/2-1) and i(N/2). So the meson has as many fermions as the
vacuum, but one more of one species and one less of the other (N_i = 31, N_o = 29 on 60 sites).

Reference: F. Ilčić et al., arXiv:2602.18080, and the tutorial "loop-string-hadron-dynamics" in
Qiskit's documentation. There the qubits are brought together by swaps; here the gates name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtn._checks import bounded_int, choice, fail, real
from qtn.physics.product import MAX_SITES

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["hadron_circuit"]

MOST_STEPS = 100_000


def hadron_circuit(
    sites: int = 60,
    steps: int = 20,
    *,
    hop: float = 0.15,
    coupling: float = 0.01,
    mass: float = 0.03,
    start: str = "meson",
) -> QuantumCircuit:
    """Return Trotter steps of SU(2) hadrons on a chain: two species of fermions, weakly coupled.

    A step is exp(i c (σ⁺σ⁻ + h.c.)) on the even bonds and then on the odd bonds of each species, a
    phase exp(i θ (1 - n_i) n_o) on each site, and Rz(-m) on every i, Rz(m) on every o. The numbers
    of both species are conserved, and m changes no value of Z. The default is 120 qubits and 20
    steps: the circuit whose 120 values were published from a quantum processor.

    Args:
        sites: even number of sites, each of two qubits.
        steps: Trotter steps, 0 for the start alone.
        hop: c, the angle of a hop.
        coupling: θ, the electric phase of a site where a string goes out and none comes in.
        mass: m, the angle of the mass layer.
        start: "vacuum" (odd sites full, even sites empty) or "meson" (two qubits in the middle of
            the vacuum turned over).

    Returns:
        A `QuantumCircuit` of 2 * sites qubits, n_i(0), n_o(0), n_i(1), n_o(1), …, of `x`,
        `xx_plus_yy` (on qubits two apart), `p`, `cp` and `rz` gates. It begins in |0…0⟩.

    Raises:
        ArgumentError: for an odd number of sites, an angle that is not a finite number, or an
            unknown start.

    Cost: linear in sites * steps; it has sites * steps * 3 - 2 * steps two-qubit gates.

    Example:
        >>> import qtn
        >>> circuit = qtn.hadron_circuit(sites=4, steps=1)
        >>> circuit.num_qubits, dict(circuit.count_ops())
        (8, {'rz': 8, 'xx_plus_yy': 6, 'x': 4, 'p': 4, 'cp': 4})

    Reference: F. Ilčić et al., arXiv:2602.18080, equations of the weak-coupling circuit; the order
        of qubits differs (no swaps are needed here).
    """
    sites = bounded_int("sites", sites, 2, MAX_SITES // 2)
    if sites % 2:
        raise fail("sites", "an even number", sites, "Every second site is full in the vacuum.")
    steps = bounded_int("steps", steps, 0, MOST_STEPS)
    angles = real("hop", hop), real("coupling", coupling), real("mass", mass)
    choice("start", start, ("vacuum", "meson"))
    circuit = _prepared(sites, meson=start == "meson")
    for _ in range(steps):
        _step(circuit, *angles)
    return circuit


def _prepared(sites: int, *, meson: bool) -> QuantumCircuit:
    """Return the circuit of X gates that fills the sites."""
    from qiskit import QuantumCircuit

    full = {2 * site + species for site in range(1, sites, 2) for species in (0, 1)}
    if meson:
        full ^= {sites - 1, sites}  # o left of the middle, i right of it
    circuit = QuantumCircuit(2 * sites)
    for qubit in sorted(full):
        circuit.x(qubit)
    return circuit


def _step(circuit: QuantumCircuit, hop: float, coupling: float, mass: float) -> None:
    """Append one step of first order."""
    from qiskit.circuit.library import XXPlusYYGate

    for first in (0, 1):  # even bonds, then odd ones; sites r and r+1 are two qubits apart
        for left in range(2 * first, circuit.num_qubits - 2, 4):
            for qubit in (left, left + 1):
                circuit.append(XXPlusYYGate(-2 * hop), [qubit, qubit + 2])
    for i in range(0, circuit.num_qubits, 2):
        circuit.p(coupling, i + 1)
        circuit.cp(-coupling, i, i + 1)
    for i in range(0, circuit.num_qubits, 2):
        circuit.rz(-mass, i)
        circuit.rz(mass, i + 1)

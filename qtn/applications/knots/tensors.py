r"""The Jones polynomial as a closed tensor network, at one point or as a whole.

Every strand is a wire of dimension 2 and every crossing the R-matrix
:math:`σ = A \cdot 1 + A^{-1} u u^T` with :math:`u = (0, iA, -i/A, 0)`, for which
:math:`u^T u = -A^2 - A^{-2} = δ`. A strand that is closed to the right of the others carries
:math:`μ = \mathrm{diag}(-A^2, -A^{-2})`; cups and caps of a plat closure are u. One strand stays
open (a long knot): what it carries is a multiple of the identity, :math:`⟨L⟩ / δ`, read off its
element (0, 0). No division by δ takes place, which would lose digits where δ is small.

V is known from its values at :math:`N` roots of unity, N being larger than the range of powers: an
inverse discrete Fourier transform gives the coefficients, which are whole. Values are complex
numbers at first; where rounding could reach one half, the same network is contracted again over
finite fields, whose elements of order 4N stand for A, and the coefficients come from their
remainders (Chinese remainder theorem): :math:`|a_k| ≤ \max |V|` says how many fields are needed.

The order of contraction is cotengra's. Cost: about 2^width products per crossing and root.

Reference: Reshetikhin and Turaev, Commun. Math. Phys. 127, 1 (1990), for the R-matrix; Kauffman,
"Knots and Physics", part I, 9; Laakkonen et al., arXiv:2503.05625, for the contraction with
optimised order. What differs: the whole polynomial, over finite fields where needed.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.applications.knots.braid import Braid
from qtn.applications.knots.modular import Field, fields, whole
from qtn.applications.knots.opened import opened_loops
from qtn.applications.knots.polynomial import Polynomial
from qtn.errors import VerificationError
from qtn.parallel.spreading import in_order
from qtn.states.closed_networks import Contraction, Network, plan_contraction
from qtn.verification.engines.contraction import refuse_contraction
from qtn.verification.limits import Limits

Array = NDArray[Any]

# Values whose largest modulus is below this are rounded; beyond, finite fields take over. A value
# is exact to about 1e-13 of the largest number met on the way, which is a few times the value's.
MAX_ROUNDED = 1e6
RESIDUAL = 1e-3


@dataclass(frozen=True, slots=True)
class Knot:
    """The network of a closed braid, and how it is contracted."""

    braid: Braid
    plan: Contraction

    @property
    def points(self) -> int:
        """Number of roots of unity that determine the polynomial: more than its powers span."""
        lowest, highest = _range(self.braid)
        return highest - lowest + 1


def _range(braid: Braid) -> tuple[int, int]:
    """Return the lowest and highest power of t that V (by √t if the components are even) can have.

    The bracket's powers of A lie between -(c + 2 s_B - 2) and c + 2 s_A - 2, c crossings, s_A and
    s_B the loops left when all crossings are opened in the one or the other way (Kauffman 1987).
    V has those of t = A^(-4) after the factor of the writhe.
    """
    c, w = braid.crossings, braid.writhe
    half = 2 if braid.components % 2 == 0 else 0  # √t is A^(-2)
    high = c + 2 * opened_loops(braid, 1) - 2 - 3 * w
    low = -c - 2 * opened_loops(braid, -1) + 2 - 3 * w
    return -((high + half) // 4), -((low + half) // 4)


def knot_network(braid: Braid, limits: Limits | None = None) -> Knot:
    """Return the network of a closed braid with an order of contraction.

    Raises:
        VerificationError: one contraction takes more than the limits (default: five minutes, 4 GB).
    """
    limits = limits or Limits(seconds=300.0, memory=4e9)
    network = _network(braid, 1j, 1.0)
    plan = plan_contraction(network, limits)
    refuse_contraction((plan,), limits)
    return Knot(braid, plan)


def tensor_value(knot: Knot, t: complex, executor: Executor | None = None) -> complex:
    """Return V(t), the principal square root of t where the number of components is even."""
    a = complex(t) ** -0.25
    return knot.plan.evaluate(executor, _network(knot.braid, 1j, a).arrays)


def tensor_polynomial(knot: Knot, executor: Executor | None = None) -> Polynomial:
    """Return the Jones polynomial, in whole numbers.

    Raises:
        VerificationError: the coefficients found break an identity that all links obey.

    Cost: N/2 contractions, N at most crossings + 1 for links in one piece; 2N per field where the
    largest value exceeds a million.
    """
    n = knot.points
    # V is real in 1/t: the other half of the roots has the conjugate values.
    half = range(n // 2 + 1)
    values = np.array(in_order(functools.partial(_at_root, knot), half, executor))
    largest = float(np.max(np.abs(values)))
    # The roots are exp(-2πi j/N), so that numpy's inverse gives the coefficients in order.
    rest = np.conj(values[1 : n - n // 2][::-1])
    coefficients = np.fft.ifft(np.concatenate([values, rest])).real
    numbers = [int(a) for a in np.rint(coefficients)]
    if largest > MAX_ROUNDED or np.max(np.abs(coefficients - np.rint(coefficients))) > RESIDUAL:
        numbers = _exactly(knot, largest, executor)
    found = _placed(knot, numbers)
    _check(found, knot.braid.components)
    return found


def _at_root(knot: Knot, j: int) -> complex:
    """Return V(t) t^(-1/2 if the components are even) at t = exp(-2πi j/N)."""
    a = complex(np.exp(2j * np.pi * j / (4 * knot.points)))
    value = knot.plan.evaluate(None, _network(knot.braid, 1j, a).arrays)
    return value * (a**2 if knot.braid.components % 2 == 0 else 1.0)


def _exactly(knot: Knot, largest: float, executor: Executor | None) -> list[int]:
    """Return the coefficients from their remainders, one field more than they need.

    The one more checks the bound: a number that is too large for the others would change with it.
    """
    chosen = fields(4 * knot.points, 4.0 * largest)
    remainders = [
        field.transform(in_order(functools.partial(_in_field, knot, field), range(knot.points),
                                executor))
        for field in chosen
    ]  # fmt: skip
    exact = whole(remainders, chosen)
    if exact != whole(remainders[:-1], chosen[:-1]):
        raise VerificationError(
            "The coefficients of the polynomial are larger than the bound of their values; this "
            'should not happen. Take method="bracket" or "path".'
        )
    return exact


def _in_field(knot: Knot, field: Field, j: int) -> int:
    a = field.power(j)
    arrays = [np.array(x, dtype=np.float64) for x in _field_arrays(knot.braid, field, a)]
    value = 0
    for k in range(knot.plan.slices):
        part = knot.plan.tree.contract_slice(arrays, k, implementation=field.products())
        value += int(part)
    even = knot.braid.components % 2 == 0
    return value * (a * a if even else 1) % field.prime


def _placed(knot: Knot, coefficients: Sequence[int]) -> Polynomial:
    """Return the polynomial from its coefficients modulo N: which power of t each stands for."""
    lowest, highest = _range(knot.braid)
    half = 1 if knot.braid.components % 2 == 0 else 0
    powers = range(lowest, highest + 1)
    return Polynomial.of({2 * k + half: coefficients[k % knot.points] for k in powers})


def _check(found: Polynomial, components: int) -> None:
    """Hold a polynomial against what is true of every link: V(1) and V(exp(2πi/3))."""
    at_one = sum(a for _, a in found.terms)
    # exp(2πi/3) has the root exp(πi/3): six classes of powers.
    classes = [sum(a for k, a in found.terms if k % 6 == r) for r in range(6)]
    real = 2 * (classes[0] - classes[3]) + classes[1] - classes[2] - classes[4] + classes[5]
    if at_one != (-2) ** (components - 1) or real != 2 * (-1) ** (components - 1):
        raise VerificationError(
            f"The polynomial found, {found!r}, has V(1) = {at_one} and 2 Re V(exp(2πi/3)) = {real},"
            f" but a link of {components} components has {(-2) ** (components - 1)} and "
            f'{2 * (-1) ** (components - 1)}. Take method="bracket" or "path".'
        )


def _network(braid: Braid, i: Any, a: Any) -> Network:
    """Return the network of (-A³)^(-w) ⟨L⟩/δ; for a finite field, `i` and `a` are its elements."""
    network = Network()
    lower = [network.index() for _ in range(braid.strands)]
    wires = list(lower)
    for letter in braid.word:
        left = abs(letter) - 1
        after = [network.index(), network.index()]
        network.add(_crossing(i, a, letter), *after, wires[left], wires[left + 1])
        wires[left : left + 2] = after
    writhe = -(a**3) if braid.writhe < 0 else -1 / a**3
    first = np.array([writhe ** abs(braid.writhe), 0.0])
    if braid.closure == "markov":
        closed = np.array([-(a**2), -1 / a**2])
        for k in range(braid.strands):
            if wires[k] != lower[k]:
                network.rename(wires[k], lower[k])
            network.add(closed if k else first, lower[k])
        return network
    cup = _cup(i, a).reshape(2, 2)
    for k in range(0, braid.strands, 2):
        network.add(cup, wires[k], wires[k + 1])
        if k:
            network.add(cup, lower[k], lower[k + 1])
    network.add(first / cup[0, 1], lower[0])
    network.add(np.array([0.0, 1.0]), lower[1])
    return network


def _cup(i: Any, a: Any) -> Array:
    return np.array([0.0, i * a, -i / a, 0.0])


def _crossing(i: Any, a: Any, letter: int) -> Array:
    """Return the tensor of a crossing: upper left, upper right, lower left, lower right."""
    u = _cup(i, a)
    own = a if letter > 0 else 1 / a
    return np.asarray((np.diag([own] * 4) + np.outer(u, u) / own).reshape(2, 2, 2, 2))


def _field_arrays(braid: Braid, field: Field, a: int) -> list[Array]:
    """Return the arrays of `_network` with elements of a field, in the same order."""
    element = field.element
    found = _network(braid, element(field.imaginary), element(a)).arrays
    return [np.vectorize(int, otypes=[np.int64])(x) for x in found]

r"""Finite fields with roots of unity, and whole numbers from their remainders.

A prime p = 1 mod M has an element of order M, which stands for the root of unity exp(2πi/M), and
one of order 4 for i if 4 divides M. Primes below 2²² are taken, so that a sum of up to 2⁹ products
of two remainders is exact in double precision and a contraction is a matrix product of the BLAS.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = 2**22
# Products of remainders that are added exactly: 2^53 / LARGEST².
TERMS = 2 ** (53 - 44)


@dataclass(frozen=True, slots=True)
class Field:
    """The whole numbers modulo a prime.

    Args:
        prime: p.
        order: M, a divisor of p - 1 and a multiple of 4.
        root: an element of order M.
    """

    prime: int
    order: int
    root: int

    @property
    def imaginary(self) -> int:
        """An element of order 4, the fourth part of the circle."""
        return self.power(self.order // 4)

    def power(self, k: int) -> int:
        """Return the k-th power of the root."""
        return pow(self.root, k, self.prime)

    def element(self, value: int) -> Element:
        """Return a number that calculates modulo p."""
        return Element(value % self.prime, self.prime)

    def products(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return `einsum` and `tensordot` modulo p, for arrays of remainders as float64."""
        return self._einsum, self._tensordot

    def _tensordot(self, a: NDArray[Any], b: NDArray[Any], axes: Any) -> NDArray[Any]:
        left, right = axes
        rows = [k for k in range(a.ndim) if k not in left]
        columns = [k for k in range(b.ndim) if k not in right]
        inner = int(np.prod([a.shape[k] for k in left]))
        first = a.transpose([*rows, *left]).reshape(-1, inner)
        second = b.transpose([*right, *columns]).reshape(inner, -1)
        out = np.zeros((len(first), second.shape[1]))
        for k in range(0, inner, TERMS):
            out += (first[:, k : k + TERMS] @ second[k : k + TERMS]) % self.prime
        shape = [a.shape[k] for k in rows] + [b.shape[k] for k in columns]
        return (out % self.prime).reshape(shape)

    def _einsum(self, equation: str, *arrays: NDArray[Any]) -> NDArray[Any]:
        """Contract one or two arrays: few indices are summed, each of dimension 2."""
        names = dict.fromkeys(x for x in equation if x not in ",->")
        letters = dict(zip(names, string.ascii_letters, strict=False))
        renamed = "".join(letters.get(x, x) for x in equation)
        found: NDArray[Any] = np.einsum(renamed, *arrays) % self.prime
        return found

    def transform(self, values: Sequence[int]) -> list[int]:
        """Return a_k from V(r^(-4j)) = Σ_k a_k r^(-4jk), r the root: the inverse transform.

        Args:
            values: M/4 remainders.
        """
        n, p = len(values), self.prime
        inverse = pow(n, -1, p)
        table = np.array([self.power(4 * k) for k in range(n)], dtype=np.int64)
        data = np.array(values, dtype=np.int64)
        out = []
        for k in range(n):
            terms = data * table[(k * np.arange(n)) % n] % p
            out.append(int(terms.sum()) % p * inverse % p)
        return out


@dataclass(frozen=True, slots=True)
class Element:
    """A remainder with the arithmetic that networks are written in."""

    value: int
    prime: int

    def _of(self, other: Any) -> int:
        return other.value if isinstance(other, Element) else int(other) % self.prime

    def __add__(self, other: Any) -> Element:
        return Element((self.value + self._of(other)) % self.prime, self.prime)

    def __mul__(self, other: Any) -> Element:
        return Element(self.value * self._of(other) % self.prime, self.prime)

    def __truediv__(self, other: Any) -> Element:
        return Element(self.value * pow(self._of(other), -1, self.prime) % self.prime, self.prime)

    def __rtruediv__(self, other: Any) -> Element:
        return Element(self._of(other) * pow(self.value, -1, self.prime) % self.prime, self.prime)

    def __pow__(self, power: int) -> Element:
        return Element(pow(self.value, power, self.prime), self.prime)

    def __neg__(self) -> Element:
        return Element(-self.value % self.prime, self.prime)

    def __int__(self) -> int:
        return self.value

    __radd__ = __add__
    __rmul__ = __mul__


def fields(order: int, bound: float) -> list[Field]:
    """Return fields whose primes multiply to more than twice the bound, and one more.

    Args:
        order: M, a multiple of 4, of the roots of unity that they must hold.
        bound: largest modulus of the numbers sought.
    """
    found: list[Field] = []
    product, candidate = 1.0, (LARGEST - 1) // order * order + 1
    while product <= 2 * bound or len(found) < 2:
        if _is_prime(candidate):
            product *= candidate
            found.append(Field(candidate, order, _root(candidate, order)))
        candidate -= order
    while not _is_prime(candidate):
        candidate -= order
    return [*found, Field(candidate, order, _root(candidate, order))]


def whole(remainders: Sequence[Sequence[int]], chosen: Sequence[Field]) -> list[int]:
    """Return the numbers of smallest modulus with the remainders given, one list per field."""
    out = []
    for row in zip(*remainders, strict=True):
        value, modulus = 0, 1
        for remainder, field in zip(row, chosen, strict=True):
            step = (remainder - value) * pow(modulus, -1, field.prime) % field.prime
            value += step * modulus
            modulus *= field.prime
        out.append(value if value <= modulus // 2 else value - modulus)
    return out


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % k for k in range(2, int(number**0.5) + 1))


def _root(prime: int, order: int) -> int:
    """Return an element of the order given: the power of any that does not fall short of it."""
    divisors = [k for k in range(2, order + 1) if order % k == 0 and _is_prime(k)]
    for base in range(2, prime):
        root = pow(base, (prime - 1) // order, prime)
        if all(pow(root, order // k, prime) != 1 for k in divisors):
            return root
    raise AssertionError("every prime of the right remainder has one")

"""Finite fields: roots of unity, transforms, numbers from remainders."""

from __future__ import annotations

import numpy as np

from qtn.applications.knots.modular import TERMS, fields, whole


def test_roots_have_their_order() -> None:
    for field in fields(84, 1e30):
        powers = {field.power(k) for k in range(84)}
        assert len(powers) == 84
        assert field.imaginary**2 % field.prime == field.prime - 1
        assert field.prime**2 * TERMS <= 2**53


def test_numbers_come_back() -> None:
    numbers = [0, 5, -7, 10**25, -(10**25) + 3]
    chosen = fields(20, 1e25)
    remainders = [[a % field.prime for a in numbers] for field in chosen]
    assert whole(remainders, chosen) == numbers
    assert whole(remainders[:-1], chosen[:-1]) == numbers


def test_transform() -> None:
    field = fields(4 * 7, 100.0)[0]
    numbers = [3, -1, 0, 0, 2, 0, 9]
    values = [sum(a * field.power(-4 * j * k) for k, a in enumerate(numbers)) for j in range(7)]
    found = field.transform([v % field.prime for v in values])
    assert found == [a % field.prime for a in numbers]


def test_elements_calculate() -> None:
    field = fields(20, 100.0)[0]
    x, p = field.element(12345), field.prime
    assert int(x * x + 3) == (12345**2 + 3) % p
    assert int(1 / x * x) == 1
    assert int(-(x**3) / x) == -(12345**2) % p
    assert int(2 * x) == int(x + x) == int(0 + x + x)


def test_long_products_are_exact() -> None:
    field = fields(20, 100.0)[0]
    _, tensordot = field.products()
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, field.prime, (3, 2000)) for _ in range(2))
    exact = [[sum(int(x) * int(y) for x, y in zip(r, s, strict=True)) % field.prime for s in b]
             for r in a]  # fmt: skip
    found = tensordot(a.astype(float), b.T.astype(float), ([1], [0]))
    assert found.astype(int).tolist() == exact

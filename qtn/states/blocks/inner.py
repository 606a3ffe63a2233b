"""Overlaps, sums and expectation values of chains in blocks.

The environment of an overlap has one block per charge. That of an operator has one per pair of
charges (bra, ket): an operator that changes the charge, such as X in XX + YY, is allowed, and
only what comes back to the same charge counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qtn._machine import few_threads
from qtn.states.blocks.moves import canonicalise, shift_right
from qtn.states.blocks.sites import Array, Site, columns, in_columns, places

__all__ = ["log_overlap", "pair_densities", "product_values", "squared_norm", "sum_of"]

Environment = dict[tuple[int, int], Array]
_RESCALED = 8  # sites after which an environment is scaled, against overflow


@few_threads(1)
def log_overlap(a: Sequence[Site], b: Sequence[Site]) -> tuple[complex, float]:
    """Return (phase, log_abs) with ⟨a|b⟩ = phase · exp(log_abs); phase 0 for orthogonal states.

    Cost: O(n Σ_q χ_q³).
    """
    here: dict[int, Array] = {0: np.ones((1, 1))}
    level = 0.0
    for place, (x, y) in enumerate(zip(a, b, strict=True), start=1):
        here = _next(here, x, y)
        if place % _RESCALED and place < len(a):
            continue  # looking at the size of every block costs as much as the products
        size = max((float(np.abs(e).max()) for e in here.values()), default=0.0)
        if size == 0.0:
            return 0.0, -np.inf
        here = {q: e / size for q, e in here.items()}
        level += float(np.log(size))
    (corner,) = here.values()
    value = complex(corner[0, 0])
    return value / abs(value), level + float(np.log(abs(value)))


def _next(here: dict[int, Array], x: Site, y: Site) -> dict[int, Array]:
    """Move an environment over one site: one product per ket sector, one per pair of blocks."""
    wide, bra = in_columns(y), in_columns(x)
    ahead, parts = columns(x.levels, x.right), columns(y.levels, y.right)
    found: dict[int, Array] = {}
    for q, environment in here.items():
        if q not in wide or q not in bra:
            continue
        half, turned = environment @ wide[q], bra[q].conj()
        where = places(ahead[q], x.right)[0]
        for part, along in places(parts[q], y.right)[0].items():
            if part in where:
                piece = turned[:, where[part]].T @ half[:, along]
                charge = part[0]
                found[charge] = found[charge] + piece if charge in found else piece
    return found


def sum_of(a: Sequence[Site], b: Sequence[Site], alpha: complex, beta: complex) -> list[Site]:
    """Return alpha|a⟩ + beta|b⟩ with the dimensions of all sectors added, not truncated."""
    out, last = [], len(a) - 1
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        blocks: dict[tuple[int, int], Array] = {}
        for part in sorted(x.blocks.keys() | y.blocks.keys()):
            charge = part[0] + x.levels[part[1]]
            u, v = x.blocks.get(part), y.blocks.get(part)
            corner = _corner(x, y, part[0], charge, i == 0, i == last)
            dtype = np.result_type(*[m for m in (u, v) if m is not None], alpha, beta)
            block = np.zeros(corner[0], dtype)
            if u is not None:
                block[: u.shape[0], : u.shape[1]] += (alpha if i == 0 else 1.0) * u
            if v is not None:
                rows, columns = corner[1]
                block[rows:, columns:] += (beta if i == 0 else 1.0) * v
            blocks[part] = block
        left = dict(x.left) if i == 0 else _added(x.left, y.left)
        right = dict(x.right) if i == last else _added(x.right, y.right)
        out.append(Site(blocks, x.levels, left, right))
    return out


def _corner(
    x: Site, y: Site, q: int, charge: int, first: bool, last: bool
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the shape of a block of a sum, and where its second part begins."""
    rows, columns = x.left.get(q, 0), x.right.get(charge, 0)
    height = 1 if first else rows + y.left.get(q, 0)
    width = 1 if last else columns + y.right.get(charge, 0)
    return (height, width), (0 if first else rows, 0 if last else columns)


def _added(a: dict[int, int], b: dict[int, int]) -> dict[int, int]:
    return {q: a.get(q, 0) + b.get(q, 0) for q in sorted(a.keys() | b.keys())}


def squared_norm(center: Site) -> float:
    """Return ‖ψ‖² of a chain from its centre."""
    return sum(float(np.vdot(block, block).real) for block in center.blocks.values())


@few_threads(1)
def product_values(sites: Sequence[Site], operators: Sequence[Mapping[int, Array]]) -> Array:
    """Return ⟨ψ|O_k|ψ⟩ / ⟨ψ|ψ⟩ of product operators, {site: matrix} each.

    The centre is brought to site 0; operators that begin alike share their environments.

    Cost: O(n Σ_q χ_q³), and as much per site between the first and the last factor.
    """
    chain = canonicalise(sites, 0)
    weight = squared_norm(chain[0])
    values = np.zeros(len(operators), complex)
    words = {k: sorted(operator.items()) for k, operator in enumerate(operators) if operator}
    values[[k for k in range(len(operators)) if k not in words]] = weight
    waiting = [({(0, 0): np.ones((1, 1))}, 0, words)]
    while waiting:
        here, place, todo = waiting.pop()
        while todo:
            now = {k: word for k, word in todo.items() if word[0][0] == place}
            for matrix, alike in _by_matrix(now):
                moved = _over(here, chain[place], matrix)
                for k in alike:
                    if len(now[k]) == 1:
                        values[k] = sum(
                            np.trace(e) for (bra, ket), e in moved.items() if bra == ket
                        )
                deeper = {k: now[k][1:] for k in alike if len(now[k]) > 1}
                waiting.append((moved, place + 1, deeper))
            todo = {k: word for k, word in todo.items() if k not in now}
            here, place = _over(here, chain[place], None) if todo else here, place + 1
    return values / weight


def _by_matrix(words: dict[int, list[tuple[int, Array]]]) -> list[tuple[Array, list[int]]]:
    """Return the different first factors, and which words begin with each."""
    found: dict[bytes, tuple[Array, list[int]]] = {}
    for k, word in words.items():
        matrix = np.asarray(word[0][1])
        found.setdefault(matrix.astype(complex).tobytes(), (matrix, []))[1].append(k)
    return list(found.values())


def _over(here: Environment, site: Site, matrix: Array | None) -> Environment:
    """Move an environment of an operator over one site."""
    found: Environment = {}
    d = len(site.levels)
    pairs = [(s, s, 1.0) for s in range(d)] if matrix is None else [
        (int(o), int(s), matrix[o, s]) for o, s in np.argwhere(matrix)
    ]  # fmt: skip
    for (bra, ket), environment in here.items():
        halves = {s: environment @ site.blocks[ket, s] for s in range(d) if (ket, s) in site.blocks}
        for o, s, value in pairs:
            block = site.blocks.get((bra, o))
            if block is None or s not in halves:
                continue
            charge = bra + site.levels[o], ket + site.levels[s]
            part = block.conj().T @ halves[s] if matrix is None else value * (
                block.conj().T @ halves[s]
            )  # fmt: skip
            found[charge] = found[charge] + part if charge in found else part
    return found


def pair_densities(sites: Sequence[Site]) -> list[Array]:
    """Return the density matrices of all neighbouring pairs of sites of a normalised state.

    Rows and columns are pairs of levels, the left site's most significant. They are zero between
    pairs of different charge.

    Args:
        sites: a chain with its centre at site 0.

    Cost: O(n Σ_q χ_q³).
    """
    chain, out = list(sites), []
    for k in range(len(chain) - 1):
        a, b = chain[k], chain[k + 1]
        found: dict[tuple[int, int], dict[int, Array]] = {}
        for (q, s), left in a.blocks.items():
            middle = q + a.levels[s]
            for t, c in enumerate(b.levels):
                right = b.blocks.get((middle, t))
                if right is not None:
                    place = found.setdefault((q, middle + c), {})
                    place[s * len(b.levels) + t] = (left @ right).reshape(-1)
        side = len(a.levels) * len(b.levels)
        density = np.zeros((side, side), complex)
        for vectors in found.values():
            where = list(vectors)
            rows = np.stack([vectors[w] for w in where])
            density[np.ix_(where, where)] += rows @ rows.conj().T
        out.append(density)
        shift_right(chain, k)
    return out

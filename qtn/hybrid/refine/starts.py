r"""Where a refinement begins: the compiled gates, others of the same shape, or more of them.

"Classical first, then quantum" is worth what it saves beside a start without the tensor network.
`started` gives the same circuit shape other gates, each of the class of the compiled one, so that
all starts have the same parameters and the same CX: a gate of one CX stays (p ⊗ q) G (u ⊗ v), one
of two CX exp(i(α XX + β YY)) between one-qubit gates, a real one stays real; the others are Haar
random. `extended` appends gates that are the identity: the state stays as it is, to the last digit,
and a refinement can only go down from there.

Reference: Rudolph et al., Nat. Commun. 14, 8367 (2023): a tensor network's circuit, extended by
gates that begin as the identity. There all gates are complex; here real ones stay real.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail, instance, items, positive_int
from qtn._display import Settings
from qtn._machine import few_threads
from qtn._random import generator
from qtn.aqc.result import Compiled
from qtn.aqc.shape.blocks import Block, Blocks
from qtn.aqc.shape.emit import cx_count, to_circuit
from qtn.errors import ArgumentError
from qtn.hybrid.refine.gates import added

STARTS = ("compiled", "random", "identity")
COUPLINGS = '"line", "ring", "all", or pairs of sites'
SPREAD = 0.01  # of gates near the identity: on it itself many losses have no slope
_CX = np.eye(4)[[0, 1, 3, 2]]

Matrix = NDArray[Any]
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Extended(Settings):
    """A start with more gates than the compiled circuit: appended ones that are the identity.

    Args:
        layers: how often every coupling gets a gate.
        couplings: "line" (neighbours), "ring", "all", or pairs of sites.

    Raises:
        ArgumentError: no layers, or couplings of another form.

    Example:
        >>> Extended(layers=2, couplings=[(0, 2)]).pairs(3)
        ((0, 2), (0, 2))
    """

    layers: int = 1
    couplings: Any = "line"
    _listed: Pairs | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        bounded_int("layers", self.layers, 1)
        listed = None
        if isinstance(self.couplings, str):
            choice("couplings", self.couplings, ("line", "ring", "all"))
        else:
            listed = tuple(_pair(pair) for pair in items("couplings", self.couplings, COUPLINGS))
            if not listed:
                raise fail("couplings", COUPLINGS, self.couplings)
        object.__setattr__(self, "_listed", listed)

    def pairs(self, n: int) -> Pairs:
        """Return the sites of the appended gates on `n` sites, in time order.

        Raises:
            ArgumentError: a pair beyond the sites.
        """
        positive_int("n", n)
        if self._listed is not None:
            for pair in self._listed:
                for site in pair:
                    bounded_int("couplings", site, 0, n - 1)
            return self._listed * self.layers
        if self.couplings == "all":
            return tuple(itertools.combinations(range(n), 2)) * self.layers
        even = tuple((k, k + 1) for k in range(0, n - 1, 2))
        odd = tuple((k, k + 1) for k in range(1, n - 1, 2))
        closing = ((n - 1, 0),) if self.couplings == "ring" and n > 2 else ()
        return (even + odd + closing) * self.layers

    @few_threads(1)
    def apply(self, blocks: Blocks) -> Blocks:
        """Return the blocks followed by identity gates, real ones if all blocks are."""
        instance("blocks", blocks, Blocks, "the blocks of a compiled circuit")
        one = np.eye(4, dtype=float if is_real(blocks) else complex)
        return _like(blocks, (*blocks.gates, *((pair, one) for pair in self.pairs(blocks.n))))


Start = str | Extended


def started(blocks: Blocks, start: Start = "compiled", seed: int = 0) -> Blocks:
    """Return the gates with which a search begins.

    Args:
        blocks: of the compiled circuit.
        start: "compiled"; "random", Haar random gates of the same classes; "identity", within .01
            radian of it (gates of one CX: a CX between such one-qubit gates, which leaves |0…0⟩ as
            it is); or `Extended(...)`.
        seed: of the gates of "random" and "identity".

    Returns:
        Blocks on the same sites in the same order, and with `Extended` more behind them.

    Raises:
        ArgumentError: another word, or couplings that do not fit the sites.

    Cost: one decomposition of every gate on two sites, some .1 ms.

    Example:
        >>> compiled = Blocks(2, [((0, 1), np.eye(4)[[0, 1, 3, 2]])])
        >>> moved = started(compiled, "random", seed=1).gates[0][1]
        >>> cx_count(moved), moved.dtype
        (1, dtype('float64'))
    """
    instance("blocks", blocks, Blocks, "the blocks of a compiled circuit")
    checked_start(start)
    bounded_int("seed", seed, 0)
    if isinstance(start, Extended):
        return start.apply(blocks)
    if start == "compiled":
        return blocks
    make = _random_gate if start == "random" else _near_identity
    rng = generator(seed, "start", str(start))
    return _like(blocks, tuple((sites, make(matrix, rng)) for sites, matrix in blocks.gates))


def extended(compiled: Compiled, layers: int = 1, couplings: Any = "line") -> Compiled:
    """Return a compiled circuit with gates that are the identity behind it.

    The state, the infidelity and the written circuit stay as they are, since an identity takes no
    CX; `refine` and `lower_energy` move the new gates like all others.

    Args:
        compiled: a circuit that prepares a state.
        layers: how often every coupling gets a gate.
        couplings: "line" (neighbours), "ring", "all", or pairs of sites.

    Raises:
        ArgumentError: no compiled state, no layers, or couplings that do not fit the sites.

    Example:
        >>> import qtn
        >>> short = qtn.compile(np.full(8, 8**-0.5), qtn.Staircase(1))
        >>> more = extended(short, layers=2, couplings="all")
        >>> more.blocks - short.blocks, more.two_qubit_gates == short.two_qubit_gates
        (6, True)
    """
    instance("compiled", compiled, Compiled, "what qtn.compile returns")
    compiled.sequence.check_state("extended")
    sequence = Extended(layers, couplings).apply(compiled.sequence)
    notes = compiled.provenance | {"extended": f"{layers} layers on {_named(couplings)}"}
    circuit = to_circuit(sequence, compiled.basis)
    return replace(compiled, sequence=sequence, circuit=circuit, provenance=notes)


def checked_start(start: Any) -> Start:
    """Return a start that is one.

    Raises:
        ArgumentError: another word or thing.
    """
    if not isinstance(start, Extended):
        expected = ", ".join(f'"{name}"' for name in STARTS)
        if not isinstance(start, str) or start not in STARTS:
            raise fail("start", f"{expected} or qtn.hybrid.Extended(...)", start)
    return start


def is_real(blocks: Blocks) -> bool:
    """Whether all gates are real."""
    return all(matrix.dtype.kind == "f" for _, matrix in blocks.gates)


def _like(blocks: Blocks, gates: tuple[Block, ...]) -> Blocks:
    found = Blocks(blocks.n, gates)
    return found.as_operator() if blocks.operator else found


def _named(couplings: Any) -> str:
    return couplings if isinstance(couplings, str) else f"{len(couplings)} pairs"


def _pair(pair: Any) -> tuple[int, int]:
    if not isinstance(pair, tuple | list | np.ndarray) or len(pair) != 2:
        raise fail("couplings", COUPLINGS, pair)
    a, b = (bounded_int("couplings", site, 0) for site in pair)
    if a == b:
        raise ArgumentError(f"Argument `couplings` must be pairs of different sites, got {pair}.")
    return a, b


def _random_gate(gate: Matrix, rng: np.random.Generator) -> Matrix:
    """Return a Haar random gate of the class of a gate."""
    real, side = gate.dtype.kind == "f", len(gate)
    if side == 2:
        return _haar(2, real, rng) @ _reflection(gate)
    count = _count(gate)
    if count > 2 or (real and count == 2):
        return _haar(4, real, rng) @ _reflection(gate)
    middle = _interaction(*rng.uniform(0.0, np.pi / 4, 2)) if count == 2 else gate
    first, last = (np.kron(_haar(2, real, rng), _haar(2, real, rng)) for _ in range(2))
    return first @ middle @ last


def _near_identity(gate: Matrix, rng: np.random.Generator) -> Matrix:
    """Return a gate of the class of a gate, as near to the identity as the class allows."""
    real, side = gate.dtype.kind == "f", len(gate)
    if side == 2:
        return _near(2, real, rng) @ _reflection(gate)
    count = _count(gate)
    if count > 2 or (real and count == 2):
        return _near(4, real, rng) @ _reflection(gate)
    first, last = (np.kron(_near(2, real, rng), _near(2, real, rng)) for _ in range(2))
    middles = (np.eye(4), _CX, _interaction(*rng.uniform(0.5 * SPREAD, SPREAD, 2)))
    return first @ middles[count] @ last


def _count(gate: Matrix) -> int:
    """Return the CX that gates of the class of a gate take; an added identity may become any."""
    return 3 if added(gate) else cx_count(gate)


def _haar(side: int, real: bool, rng: np.random.Generator) -> Matrix:
    """Return a random gate of SO(side) or SU(side)."""
    matrix = rng.normal(size=(side, side))
    if not real:
        matrix = matrix + 1j * rng.normal(size=(side, side))
    q, r = np.linalg.qr(matrix)
    diagonal = np.diag(r)
    q = q * (diagonal / np.abs(diagonal))
    if real:
        q[:, 0] *= np.sign(np.linalg.det(q))
        return q
    return np.asarray(q / np.linalg.det(q) ** (1.0 / side))


def _near(side: int, real: bool, rng: np.random.Generator) -> Matrix:
    """Return exp(A) by Cayley's map, A anti-Hermitian with entries of some `SPREAD`."""
    matrix = rng.normal(scale=SPREAD, size=(side, side))
    if not real:
        matrix = matrix + 1j * rng.normal(scale=SPREAD, size=(side, side))
    turn = (matrix - matrix.conj().T) / 4.0
    one = np.eye(side)
    return np.asarray(np.linalg.solve(one - turn, one + turn))


def _reflection(gate: Matrix) -> Matrix:
    """Return diag(1, …, 1, -1) for a real gate of determinant -1, which no turn can change."""
    out = np.eye(len(gate))
    if gate.dtype.kind == "f" and np.linalg.det(gate) < 0.0:
        out[-1, -1] = -1.0
    return out


def _interaction(alpha: float, beta: float) -> Matrix:
    """Return exp(i(α XX + β YY))."""
    even, odd = alpha - beta, alpha + beta
    out = np.diag([np.cos(even), np.cos(odd), np.cos(odd), np.cos(even)]).astype(complex)
    out[0, 3] = out[3, 0] = 1j * np.sin(even)
    out[1, 2] = out[2, 1] = 1j * np.sin(odd)
    return out

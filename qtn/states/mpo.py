"""Matrix product operators: frozen, open boundary, site i = qubit i.

Dense matrices follow Qiskit: qubit 0 is the least significant bit of row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qtn._checks import fail, finite_array, items
from qtn._display import Display, Displayed
from qtn._machine import by_bond
from qtn._memory import check_memory
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.states.foreign.from_quimb import operator_from_quimb
from qtn.states.mps import MPS
from qtn.states.origin import Origin
from qtn.states.origin.origin_files import pack_chain, unpack_chain
from qtn.states.summary import network_display

MAX_DENSE = 14  # qubits of a matrix that is written out
LARGEST_SVD = 8  # qubits up to which all singular values are computed
TRIALS = 8  # random product states that a longer operator is tried on


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MPO(Displayed):
    """An operator on qubits as a matrix product with open boundary conditions.

    ⟨o₀ o₁ …|U|i₀ i₁ …⟩ = A₀[o₀, i₀] A₁[o₁, i₁] … Aₙ₋₁[oₙ₋₁, iₙ₋₁]

    Args:
        tensors: one array per site with axes `(left, out, in, right)`, out and in of dimension 2,
            neighbouring bonds equal, outer bonds 1. Stored as read-only float64 or complex128.
        origin: where the operator came from, if known (see `qtn.states.origin`), so that a
            compiler can choose a good start.

    Raises:
        ArgumentError: wrong axes, bonds that do not match, NaN or infinity.

    Example:
        >>> swap = MPO.from_dense(np.eye(4)[[0, 2, 1, 3]])
        >>> swap.bonds, swap.unitary_error() < 1e-12
        ((4,), True)
    """

    kind: ClassVar[str] = "mpo"

    tensors: tuple[np.ndarray, ...]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        expected = "a non-empty sequence of arrays (left, out, in, right)"
        if isinstance(self.tensors, np.ndarray) or not items("tensors", self.tensors, expected):
            raise fail("tensors", expected, self.tensors)
        arrays = [finite_array(f"tensors[{i}]", t, ndim=4) for i, t in enumerate(self.tensors)]
        for i, array in enumerate(arrays):
            if array.shape[1:3] != (2, 2):
                raise ArgumentError(
                    f"Argument `tensors[{i}]` must have axes (left, out, in, right) with out and "
                    f"in of dimension 2, but has shape {array.shape}. Write sites of other "
                    "dimensions in qubits."
                )
        # A state of four levels per site is checked, frozen and typed in one place.
        chain = MPS(tuple(a.reshape(a.shape[0], 4, a.shape[3]) for a in arrays))
        frozen = tuple(t.reshape(len(t), 2, 2, -1) for t in chain.tensors)
        object.__setattr__(self, "tensors", frozen)

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The n - 1 bond dimensions, left to right."""
        return tuple(t.shape[3] for t in self.tensors[:-1])

    @property
    def max_bond(self) -> int:
        """Largest bond dimension; 1 for a product of one-qubit operators."""
        return max(self.bonds, default=1)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return self.tensors[0].dtype

    @property
    def chain(self) -> MPS:
        """The operator as a vector: an MPS of dimension 4 per site, index 2 out + in."""
        return MPS(tuple(t.reshape(len(t), 4, -1) for t in self.tensors))

    def __len__(self) -> int:
        return self.n

    def _brief(self) -> str:
        return f"{self.n} sites, max bond {self.max_bond}, {self.dtype}"

    def _display(self) -> Display:
        return network_display("Matrix product operator", self, (), self.tensors)

    def fidelity(self, other: MPO) -> float:
        """Return |Tr(A†B)|² / (Tr A†A · Tr B†B), within [0, 1]."""
        return self.chain.fidelity(_operator(other).chain)

    def infidelity(self, other: MPO) -> float:
        """Return 1 - fidelity, precise also when it is far below 1e-16."""
        return self.chain.infidelity(_operator(other).chain)

    def apply(self, state: MPS, *, max_bond: int | None = None, cutoff: float = 1e-14) -> MPS:
        """Return the operator times a state of qubits (not normalised).

        Args:
            state: an MPS on as many qubits.
            max_bond: largest bond dimension kept; None for no limit.
            cutoff: relative squared weight that one cut may lose.

        Raises:
            ArgumentError: a state of other sites.

        Cost: O(n (χ_A χ_ψ)³).
        """
        if not isinstance(state, MPS) or state.phys != (2,) * self.n:
            raise fail("state", f"an MPS of {self.n} qubits", state)
        chain = _product(self.tensors, state.tensors)
        return MPS(tuple(chain)).truncated(max_bond, cutoff).state

    def unitary_error(self) -> float:
        """Return how far the operator is from unitary; 0 for a unitary one.

        max |σ² - 1| over all singular values σ up to 8 sites; beyond, max |⟨φ|U†U|φ⟩ - 1| over
        eight random product states φ, whose projectors span all Hermitian operators: a defect
        shows with probability 1.

        Cost: O(8ⁿ) up to 8 sites, O(n χ³) beyond.
        """
        if self.n <= LARGEST_SVD:
            values = np.linalg.svd(self.to_dense(), compute_uv=False)
            return float(np.max(np.abs(values**2 - 1.0)))
        rng = generator(0, "mpo-unitary")
        worst = 0.0
        for _ in range(TRIALS):
            parts = rng.normal(size=(2, self.n, 2))
            vectors = parts[0] + 1j * parts[1]
            vectors /= np.linalg.norm(vectors, axis=1)[:, None]
            image = _product(self.tensors, [v.reshape(1, 2, 1) for v in vectors])
            log_norm = min(MPS(tuple(image)).log_norm(), 300.0)
            worst = max(worst, abs(float(np.expm1(2.0 * log_norm))))
        return worst

    def to_dense(self) -> np.ndarray:
        """Return the matrix in Qiskit's order (qubit 0 least significant).

        Raises:
            ArgumentError: more than 14 sites.
        """
        n = self.n
        if n > MAX_DENSE:
            raise ArgumentError(
                f"A dense matrix of {n} sites has 4^{n} entries; at most {MAX_DENSE} sites are "
                "written out. Use apply, fidelity or the tensors."
            )
        check_memory(4.0 * 16.0 * 4.0**n, f"A dense matrix of {n} sites")
        legs = self.chain.to_dense().reshape((2,) * (2 * n))
        return legs.transpose([*range(0, 2 * n, 2), *range(1, 2 * n, 2)]).reshape(2**n, 2**n)

    @classmethod
    def from_dense(
        cls, matrix: Sequence[Sequence[complex]] | np.ndarray, cutoff: float = 1e-28
    ) -> MPO:
        """Factor a matrix of qubits (Qiskit's order) into an MPO by successive SVD.

        Args:
            matrix: square, of side 2^n.
            cutoff: relative squared weight that one cut may lose; the default only drops rounding.

        Raises:
            ArgumentError: a matrix of another shape, or with entries that are not finite.
        """
        array = finite_array("matrix", matrix, ndim=2)
        n = max(len(array), 1).bit_length() - 1
        if array.shape != (2**n, 2**n) or n < 1:
            raise fail("matrix", "square, of side 2^n with n from 1 on", matrix)
        pairs = [k for site in range(n) for k in (site, n + site)]
        vector = array.reshape((2,) * (2 * n)).transpose(pairs).reshape(-1)
        chain = MPS.from_dense(vector, phys=4, cutoff=cutoff)
        return cls(tuple(t.reshape(len(t), 2, 2, -1) for t in chain.tensors))

    @classmethod
    def from_quimb(cls, operator: Any) -> MPO:
        """Convert a `MatrixProductOperator` of quimb with open ends; site i is its i-th.

        Upper indices are the outputs, lower ones the inputs, as in quimb's `to_dense`.

        Raises:
            ArgumentError: something else, periodic ends, or sites that are no qubits.
        """
        return cls(operator_from_quimb(operator))

    def to_quimb(self) -> Any:
        """Return a quimb `MatrixProductOperator` of the same tensors."""
        from qtn._kernels.quimb import quimb_tensor

        qtensor = quimb_tensor()
        arrays = [t.transpose(0, 3, 1, 2) for t in self.tensors]
        if self.n == 1:
            return qtensor.MatrixProductOperator([arrays[0][0, 0]], shape="lrud")
        arrays[0], arrays[-1] = arrays[0][0], arrays[-1][:, 0]
        return qtensor.MatrixProductOperator(arrays, shape="lrud")

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes, the origin's among them."""
        return pack_chain(self.tensors, self.origin)

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> MPO:
        """Rebuild from what `pack` returned."""
        return cls(*unpack_chain(arrays, header))


def _operator(other: Any) -> MPO:
    if not isinstance(other, MPO):
        raise fail("other", "an MPO", other)
    return other


@by_bond
def _product(operator: Sequence[np.ndarray], state: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the chain of operator times state, bonds multiplied."""
    out = []
    for a, t in zip(operator, state, strict=True):
        block = np.einsum("aoib,cid->acobd", a, t)
        left, right = a.shape[0] * t.shape[0], a.shape[3] * t.shape[2]
        out.append(block.reshape(left, 2, right))
    return out

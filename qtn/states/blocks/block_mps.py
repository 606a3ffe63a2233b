"""`BlockMPS`: a matrix product state of definite charges, stored in blocks; the verbs of `MPS`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from qtn._checks import bounded_int, fail, instance, items, positive_int
from qtn._display import Display, Displayed
from qtn._machine import few_threads
from qtn._random import generator
from qtn.states.blocks import inner, moves, readout, updates
from qtn.states.blocks.arguments import check_limits, read_gates, read_operators, read_total
from qtn.states.blocks.bounds import Losses
from qtn.states.blocks.certificates import certified_values
from qtn.states.blocks.dense import dense_tensors, product_sites, sectors_of
from qtn.states.blocks.labels import Charges, check_same, read_charges
from qtn.states.blocks.packing import pack_blocks, unpack_blocks
from qtn.states.blocks.sites import Site, dtype_of
from qtn.states.kernels import sample
from qtn.states.kernels.entropy import entropy_of
from qtn.states.mps import MPS
from qtn.states.summary import network_display, truncation_display

__all__ = ["BlockMPS", "BlockTruncation"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BlockMPS(Displayed):
    """A matrix product state of definite charges, in blocks.

    Where c_i(b) ∈ ℤᵏ is the charge of level b of site i, every bond index has a charge and tensor
    entries are kept only where q_left + c_i(b) = q_right: the state is a sum of configurations of
    one total charge. Bonds of 256 fall into blocks of at most some 70 rows.

    Made by `from_mps`, `product` and `qtn.circuit_to_blocks`; `to_mps()` gives the dense chain.

    Args:
        sites: tensors in blocks.
        charges: the charges of all levels.

    Example:
        >>> import qtn
        >>> blocks = qtn.BlockMPS.from_mps(qtn.product_state("neel", 4))
        >>> hop = np.eye(4)[[0, 2, 1, 3]] * 1j
        >>> hop[0, 0] = hop[3, 3] = 1.0
        >>> moved = blocks.evolved([((1, 2), hop)]).state
        >>> moved.total, moved.sample(1)
        ((2,), array([[0, 0, 1, 1]], dtype=uint8))

    Reference: Singh, Pfeifer and Vidal, Phys. Rev. B 83, 115125 (2011); here k charges are packed
    into one integer.
    """

    kind: ClassVar[str] = "block-mps"
    sites: tuple[Site, ...]
    charges: Charges

    # --- making ---------------------------------------------------------------------------------

    @classmethod
    def from_mps(
        cls, state: MPS, charges: Any = None, total: Sequence[int] | None = None
    ) -> BlockMPS:
        """Return a normalised state in blocks; its total charge is found.

        Args:
            state: a matrix product state, in any gauge.
            charges: None counts excitations (level b has charge b, for qubits the number of ones);
                integers (k, n): level b of site i has charge b times entry [j, i] in row j; or
                integers (k, n, levels), level by level.
            total: project on this charge, k integers; None demands that the state has one.

        Raises:
            ArgumentError: no definite charge (with its weights by charge), none of the charge
                asked for, or charges of another shape.

        Cost: O(n χ³).
        """
        chain: MPS = instance("state", state, MPS, "an MPS")
        table = read_charges(charges, chain.phys)
        aim = None if total is None else read_total(total, table)
        with few_threads(1):
            return cls(tuple(sectors_of(chain.tensors, table, aim)), table)

    @classmethod
    def product(cls, levels: Sequence[int], charges: Any = None, phys: int = 2) -> BlockMPS:
        """Return the product state of one level per site.

        Args:
            levels: one level per site, site 0 first.
            charges: as in `from_mps`.
            phys: number of levels of every site.

        Raises:
            ArgumentError: levels outside 0 … phys - 1, or charges of another shape.
        """
        positive_int("phys", phys)
        if not items("levels", levels, "one level per site"):
            raise fail("levels", "one level per site", levels)
        chosen = [bounded_int(f"levels[{i}]", b, 0, phys - 1) for i, b in enumerate(levels)]
        table = read_charges(charges, (phys,) * len(chosen))
        return cls(tuple(product_sites(chosen, table)), table)

    # --- shape ----------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.sites)

    @property
    def phys(self) -> tuple[int, ...]:
        """Physical dimension of each site."""
        return tuple(len(site.levels) for site in self.sites)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The n-1 bond dimensions, all sectors together."""
        return tuple(sum(site.right.values()) for site in self.sites[:-1])

    @property
    def max_bond(self) -> int:
        """Largest bond dimension; 1 for a product state."""
        return max(self.bonds, default=1)

    @property
    def total(self) -> tuple[int, ...]:
        """The k total charges."""
        (charge,) = self.sites[-1].right
        return self.charges.unpack(charge)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return np.result_type(*map(dtype_of, self.sites))

    def sectors(self, cut: int) -> dict[tuple[int, ...], int]:
        """Return {charge left of the cut: dimension} of the bond between sites cut-1 and cut."""
        bounded_int("cut", cut, 1, self.n - 1, way_out="Cut i lies between sites i-1 and i.")
        return {self.charges.unpack(q): d for q, d in self.sites[cut].left.items()}

    def __len__(self) -> int:
        return self.n

    def _brief(self) -> str:
        return f"{self.n} sites, max bond {self.max_bond}, charge {self.total}"

    def _display(self) -> Display:
        sectors = max((len(site.right) for site in self.sites), default=1)
        rows = [("total charge", ", ".join(map(str, self.total))), ("sectors of a bond", sectors)]
        blocks = (b for site in self.sites for b in site.blocks.values())
        return network_display("Matrix product state in blocks", self, rows, blocks)

    # --- norm and gauge -------------------------------------------------------------------------

    def log_norm(self) -> float:
        """Return ln ‖ψ‖."""
        return 0.5 * inner.log_overlap(self.sites, self.sites)[1]

    def norm(self) -> float:
        """Return ‖ψ‖."""
        return float(np.exp(self.log_norm()))

    def normalised(self) -> BlockMPS:
        """Return the state divided by its norm, in canonical form with centre 0."""
        return BlockMPS(tuple(moves.normalise(self.sites)[0]), self.charges)

    def canonical(self, center: int = 0) -> BlockMPS:
        """Return the same state in canonical form with orthogonality centre `center`."""
        place = bounded_int("center", center, 0, self.n - 1)
        return BlockMPS(tuple(moves.canonicalise(self.sites, place)), self.charges)

    def truncated(self, max_bond: int | None = None, cutoff: float = 0.0) -> BlockTruncation:
        """Return the state with smaller bonds and the relative squared weight lost per cut.

        Args:
            max_bond: largest bond dimension to keep, all sectors together; None for no limit.
            cutoff: largest relative squared weight that one cut may lose, in [0, 1].

        Raises:
            ArgumentError: `max_bond` below 1 or `cutoff` outside [0, 1].

        Cost: O(n Σ_q χ_q³).
        """
        check_limits(max_bond, cutoff)
        sites, discarded = moves.shorten(self.sites, max_bond, cutoff)
        lost = -np.expm1(np.log1p(-discarded).sum())  # all cuts are one projection
        distance = float(np.sqrt(max(0.0, lost)))  # in this order never -0
        return BlockTruncation(BlockMPS(tuple(sites), self.charges), discarded, distance)

    def overlap(self, other: BlockMPS) -> complex:
        """Return ⟨self|other⟩ (not normalised); 0 for states of different charge."""
        phase, size = self._log_overlap(other)
        return complex(phase * np.exp(size))

    def fidelity(self, other: BlockMPS) -> float:
        """Return |⟨a|b⟩|² / (⟨a|a⟩⟨b|b⟩), within [0, 1]."""
        log_abs = self._log_overlap(other)[1]
        return float(min(1.0, np.exp(2.0 * (log_abs - self.log_norm() - other.log_norm()))))

    @few_threads(1)
    def infidelity(self, other: BlockMPS) -> float:
        """Return 1 - fidelity, precise also when it is far below 1e-16."""
        a, b = self.normalised(), _other(other).normalised()
        if abs(overlap := a.overlap(b)) ** 2 < 0.5:
            return max(0.0, 1.0 - abs(overlap) ** 2)
        rest = inner.sum_of(b.sites, a.sites, 1.0, -overlap)
        return min(1.0, inner.squared_norm(moves.canonicalise(rest, 0)[0]))

    def _log_overlap(self, other: BlockMPS) -> tuple[complex, float]:
        check_same(self.charges, _other(other).charges)
        if self.total != other.total:
            return 0.0, -np.inf
        return inner.log_overlap(self.sites, other.sites)

    @few_threads(1)
    def schmidt_values(self, cut: int) -> np.ndarray:
        """Return the normalised Schmidt values between sites cut-1 and cut, descending."""
        bounded_int("cut", cut, 1, self.n - 1, way_out="Cut i lies between sites i-1 and i.")
        return moves.spectrum(moves.canonicalise(self.sites, cut)[cut])

    def entropy(self, cut: int) -> float:
        """Return the entanglement entropy between sites cut-1 and cut, in nats."""
        return entropy_of(self.schmidt_values(cut))

    @few_threads(1)
    def entropies(self) -> np.ndarray:
        """Return the n-1 entanglement entropies of all cuts, in nats."""
        return np.array([entropy_of(values) for values in moves.spectra(self.sites)])

    # --- measurement ----------------------------------------------------------------------------

    def sample(self, shots: int, seed: int = 0) -> np.ndarray:
        """Draw exact, independent samples; those of `to_mps().sample` for the same seed.

        Args:
            shots: number of samples.
            seed: same seed, same samples.

        Returns:
            uint8 array (shots, n); column i is site i.

        Cost: O(shots · n · phys) products of a vector and a block.
        """
        rng = generator(seed, "mps-sample")
        return readout.sample_sites(self.sites, positive_int("shots", shots), rng)

    def amplitudes(self, bits: np.ndarray) -> np.ndarray:
        """Return the amplitudes of configurations; 0 for those of another charge.

        Args:
            bits: integer array (batch, n); column i is site i.

        Raises:
            ArgumentError: wrong number of columns, or an entry that is no physical index.
        """
        return readout.amplitudes_of(self.sites, sample.configurations(bits, self.phys))

    def values(self, operators: Sequence[Mapping[int, np.ndarray]]) -> np.ndarray:
        """Return ⟨O_k⟩ of product operators O_k = ⊗_i F_{k,i} in the normalised state.

        Args:
            operators: for each operator its factors {site: matrix (phys, phys)}; {} is the
                identity. A factor may change the charge, as X does in XX + YY.

        Returns:
            Complex array (len(operators),).

        Raises:
            ArgumentError: a site outside the chain or a matrix of another size.

        Cost: O(n Σ_q χ_q³) per sweep over the chain; operators that begin alike share it.

        Example:
            >>> z = np.diag([1.0, -1.0])
            >>> BlockMPS.product([0, 1]).values([{0: z}, {0: z, 1: z}]).real
            array([ 1., -1.])
        """
        listed = read_operators(operators, self.phys)
        return inner.product_values(self.sites, listed)

    # --- evolution ------------------------------------------------------------------------------

    def evolved(
        self,
        gates: Sequence[tuple[Sequence[int], np.ndarray]],
        *,
        max_bond: int | None = None,
        cutoff: float = 1e-14,
    ) -> BlockTruncation:
        """Apply gates that conserve the charges, in order, and truncate on the way.

        Args:
            gates: pairs (sites, matrix) on one or two sites, distant ones too; the first site is
                the most significant digit of the matrix's index.
            max_bond: largest bond dimension, all sectors together; None for no limit.
            cutoff: relative squared weight that one truncation may lose.

        Returns:
            The state with the weight lost per cut; `distance` bounds ‖exact - this‖ for unitary
            gates, and `certified` values of observables.

        Raises:
            ArgumentError: gates that join levels of different charge, sites outside the chain,
                matrices of another size, or bad limits.

        Cost: O(Σ_q χ_q³) per two-site gate and swap.
        """
        check_limits(max_bond, cutoff)
        listed = read_gates(gates, self.phys)
        with few_threads(1):
            account = updates.Account(moves.canonicalise(self.sites, 0), 0, cutoff, max_bond)
            updates.run_gates(account, listed)
        state, losses = BlockMPS(tuple(account.sites), self.charges), account.losses
        return BlockTruncation(state, losses.discarded(self.n), losses.distance, losses)

    def to_mps(self) -> MPS:
        """Return the dense chain; indices of every bond are sorted by charge."""
        return MPS(tuple(dense_tensors(self.sites)))

    def to_dense(self) -> np.ndarray:
        """Return the amplitude vector in Qiskit's order; see `MPS.to_dense`."""
        return self.to_mps().to_dense()

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        return pack_blocks(self.sites, self.charges)

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> BlockMPS:
        """Rebuild from what `pack` returned."""
        return cls(*unpack_blocks(arrays, header))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BlockTruncation(Displayed):
    """A state in blocks after truncations, and what they lost.

    Args:
        state: the state (norm reduced by what was lost).
        discarded: squared weight lost at each of the n-1 cuts, relative to the start.
        distance: bound of the distance to the exact state; for gates Σ over sweeps of √(Σ ε).
        losses: what every gate lost; None where no gates were applied.
        homes: for every site of the state the one that the gates acted on; None if the same.
    """

    state: BlockMPS
    discarded: np.ndarray
    distance: float
    losses: Losses | None = None
    homes: tuple[int, ...] | None = None

    @property
    def fidelity_floor(self) -> float:
        """Product of the kept weights: the fidelity of `truncated`, an estimate for gates."""
        return self.losses.kept if self.losses else float(np.prod(1.0 - self.discarded))

    def certified(
        self, operators: Sequence[Mapping[int, np.ndarray]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return values in the normalised state, and half-widths that hold the exact ones.

        Rigorous for unitary gates; see `qtn.states.blocks.bounds`.

        Args:
            operators: Hermitian product operators, as in `BlockMPS.values`.

        Raises:
            ArgumentError: an operator that is not Hermitian, or the state was not made by gates.

        Cost: that of `BlockMPS.values`, and O(gates) per operator.

        Example:
            >>> hop = np.eye(4, dtype=complex)
            >>> hop[1:3, 1:3] = [[0.8, 0.6j], [0.6j, 0.8]]
            >>> gates = [((k, k + 1), hop) for k in (0, 2, 1)] * 2
            >>> found = BlockMPS.product([0, 1, 0, 1]).evolved(gates, max_bond=2)
            >>> value, width = found.certified([{1: np.diag([1.0, -1.0])}])
            >>> bool(0.0 < width[0] < 1.0)
            True
        """
        with few_threads(1):
            listed = read_operators(operators, self.state.phys)
            return certified_values(self.state.sites, listed, self.losses, self.homes)

    def _brief(self) -> str:
        return f"{self.state!r}, distance at most {self.distance:.2g}"

    def _display(self) -> Display:
        return truncation_display(self.state, self.discarded, self.fidelity_floor, self.distance)


def _other(other: Any) -> BlockMPS:
    way_out = "BlockMPS.from_mps(state, charges) makes one."
    state: BlockMPS = instance("other", other, BlockMPS, "a BlockMPS", way_out=way_out)
    return state

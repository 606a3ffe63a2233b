"""Matrix product states: frozen, open boundary, site i = qubit i.

Dense vectors follow Qiskit: qubit 0 is the least significant bit of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qtn._checks import bounded_int, fail, finite_array, instance, items, positive_int, real
from qtn._display import Display, Displayed
from qtn._machine import by_bond
from qtn._memory import check_memory
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.states.foreign.from_quimb import chain_from_quimb, vector_from_quimb
from qtn.states.kernels import entropy as _entropy
from qtn.states.kernels import gauge, sample, truncate
from qtn.states.kernels.overlap import log_overlap, residual_weight
from qtn.states.origin import Origin
from qtn.states.origin.origin_files import pack_chain, unpack_chain
from qtn.states.summary import network_display, truncation_display
from qtn.states.views.pictures import ChainPictures

if TYPE_CHECKING:
    import quimb.tensor as qtensor

MAX_DENSE = 2**28
NEGLIGIBLE = 1e-30  # relative squared weight


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MPS(ChainPictures, Displayed):
    """A matrix product state with open boundary conditions.

    |ψ⟩ = Σ A₀[b₀] A₁[b₁] … Aₙ₋₁[bₙ₋₁] |b₀ b₁ … bₙ₋₁⟩

    Args:
        tensors: one array per site with axes `(left, phys, right)`, real or complex, neighbouring
            bonds equal, outer bonds 1. Stored as read-only float64 or complex128.
        origin: where the state came from, if known (see `qtn.states.origin`), so that a compiler
            can choose a good start.

    Raises:
        ArgumentError: wrong number of axes, bonds that do not match, NaN or infinity.

    Example:
        >>> ghz = MPS.from_dense([1, 0, 0, 0, 0, 0, 0, 1]).normalised()
        >>> ghz.bonds, round(ghz.entropy(1), 4)
        ((2, 2), 0.6931)
    """

    kind: ClassVar[str] = "mps"

    tensors: tuple[np.ndarray, ...]
    origin: Origin | None = None

    def __post_init__(self) -> None:
        expected = "a non-empty sequence of arrays (left, phys, right)"
        if isinstance(self.tensors, np.ndarray) or not items("tensors", self.tensors, expected):
            raise fail("tensors", expected, self.tensors)
        arrays = [finite_array(f"tensors[{i}]", t, ndim=3) for i, t in enumerate(self.tensors)]
        edges = [1, *(a.shape[2] for a in arrays)]
        for i, a in enumerate(arrays):
            if a.shape[0] != edges[i]:
                raise ArgumentError(
                    f"Argument `tensors[{i}]` must have left bond {edges[i]}, but has shape "
                    f"{a.shape}. Axes are (left, phys, right) and the outer bonds are 1."
                )
        if edges[-1] != 1:
            raise ArgumentError(f"The last right bond must be 1, but is {edges[-1]}.")
        dtype = np.complex128 if any(a.dtype.kind == "c" for a in arrays) else np.float64
        object.__setattr__(self, "tensors", tuple(_frozen(a, dtype) for a in arrays))

    # --- shape ---------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def bonds(self) -> tuple[int, ...]:
        """The n-1 bond dimensions, left to right."""
        return tuple(t.shape[2] for t in self.tensors[:-1])

    @property
    def max_bond(self) -> int:
        """Largest bond dimension; 1 for a product state."""
        return max(self.bonds, default=1)

    @property
    def phys(self) -> tuple[int, ...]:
        """Physical dimension of each site."""
        return tuple(t.shape[1] for t in self.tensors)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return self.tensors[0].dtype

    def __len__(self) -> int:
        return self.n

    def _brief(self) -> str:
        return f"{self.n} sites, max bond {self.max_bond}, {self.dtype}"

    def _display(self) -> Display:
        return network_display("Matrix product state", self, (), self.tensors)

    # --- norm and gauge ------------------------------------------------------------------------

    def log_norm(self) -> float:
        """Return ln ‖ψ‖; -inf for the zero state."""
        return 0.5 * log_overlap(self.tensors, self.tensors)[1]

    def norm(self) -> float:
        """Return ‖ψ‖ (may overflow to inf for long unnormalised chains; see `log_norm`)."""
        return float(np.exp(self.log_norm()))

    def normalised(self) -> MPS:
        """Return the state divided by its norm, in canonical form with centre 0.

        Raises:
            ArgumentError: the state is zero.
        """
        chain = gauge.normalise_chain(self.tensors)
        return MPS(tuple(chain), origin=self.origin)

    def canonical(self, center: int = 0) -> MPS:
        """Return the same state in canonical form with orthogonality centre `center`."""
        return MPS(tuple(gauge.canonicalise(self.tensors, center)), origin=self.origin)

    def conj(self) -> MPS:
        """Return the complex conjugate state."""
        return MPS(tuple(t.conj() for t in self.tensors))

    def truncated(self, max_bond: int | None = None, cutoff: float = 0.0) -> Truncation:
        """Return the state with smaller bonds and the relative squared weight lost per cut.

        Args:
            max_bond: largest bond dimension to keep; None for no limit.
            cutoff: largest relative squared weight that one cut may lose, in [0, 1].

        Raises:
            ArgumentError: `max_bond` below 1 or `cutoff` outside [0, 1].

        Cost: O(n χ³).
        """
        if max_bond is not None:
            positive_int("max_bond", max_bond)
        real("cutoff", cutoff, 0.0, 1.0)
        chain, discarded = truncate.truncate_chain(self.tensors, max_bond, cutoff)
        return Truncation(MPS(tuple(chain), origin=self.origin), discarded)

    # --- comparison ----------------------------------------------------------------------------

    def overlap(self, other: MPS) -> complex:
        """Return ⟨self|other⟩ (not normalised)."""
        phase, log_abs = log_overlap(self.tensors, _chain(other).tensors)
        return complex(phase * np.exp(log_abs))

    def fidelity(self, other: MPS) -> float:
        """Return |⟨a|b⟩|² / (⟨a|a⟩⟨b|b⟩), within [0, 1]."""
        _, log_abs = log_overlap(self.tensors, _chain(other).tensors)
        log_f = 2.0 * (log_abs - self.log_norm() - other.log_norm())
        return float(min(1.0, np.exp(log_f)))

    def infidelity(self, other: MPS) -> float:
        """Return 1 - fidelity, precise also when it is far below 1e-16."""
        return residual_weight(self.normalised().tensors, _chain(other).normalised().tensors)

    # --- entanglement --------------------------------------------------------------------------

    def schmidt_values(self, cut: int) -> np.ndarray:
        """Return the normalised Schmidt values between sites cut-1 and cut, cut = 1 … n-1.

        Raises:
            ArgumentError: no such cut, or the state is zero.
        """
        bounded_int("cut", cut, 1, self.n - 1, way_out="Cut i lies between sites i-1 and i.")
        return _entropy.schmidt_values(self.tensors, cut)

    def entropy(self, cut: int) -> float:
        """Return the entanglement entropy between sites cut-1 and cut, in nats."""
        return _entropy.entropy_of(self.schmidt_values(cut))

    def entropies(self) -> np.ndarray:
        """Return the n-1 entanglement entropies of all cuts in one sweep, in nats.

        Raises:
            ArgumentError: the state is zero.
        """
        return np.array([_entropy.entropy_of(s) for s in _entropy.schmidt_spectra(self.tensors)])

    # --- measurement ---------------------------------------------------------------------------

    def sample(
        self, shots: int, seed: int = 0, *, precision: str = "double", device: str | None = None
    ) -> np.ndarray:
        """Draw exact, independent samples of the computational basis.

        Args:
            shots: number of samples.
            seed: same seed, same samples.
            precision: "single" (complex64) takes half the time at bonds from 64 on, right to 1e-6.
            device: a torch device such as "cuda"; None: the CPU, whose draws are others.

        Returns:
            uint8 array (shots, n); column i is site i.

        Raises:
            ArgumentError: no such device.
        """
        if device is not None:
            from qtn.states.gpu import DeviceChain  # brings torch along

            return DeviceChain(self, device, precision).sample(shots, seed)
        return sample.sample_chain(
            self.tensors, positive_int("shots", shots), generator(seed, "mps-sample"), precision
        )

    def amplitudes(self, bits: np.ndarray, *, precision: str = "double") -> np.ndarray:
        """Return the amplitudes of configurations, at any number of sites.

        Args:
            bits: integer array (batch, n); column i is site i.
            precision: "single" (complex64) takes half the memory and time at bonds from 64 on, with
                relative errors of about 1e-6 per hundred sites; amplitudes below 1e-38 become 0.

        Returns:
            Array (batch,) of dtype `dtype`, or of its single-precision kind.

        Raises:
            ArgumentError: wrong number of columns, or an entry that is no physical index.
        """
        array = sample.configurations(bits, self.phys)
        return sample.amplitudes_of(sample.in_precision(self.tensors, precision), array)

    # --- conversion ----------------------------------------------------------------------------

    @by_bond
    def to_dense(self) -> np.ndarray:
        """Return the amplitude vector in Qiskit's order (qubit 0 least significant).

        Raises:
            ArgumentError: the vector would have more than 2^28 entries.
        """
        size = float(np.prod(np.array(self.phys, dtype=float)))
        if size > MAX_DENSE:
            raise ArgumentError(
                f"A dense vector of {self.n} sites has {size:.3g} entries, more than {MAX_DENSE}. "
                "Use amplitudes(bits), sample(shots) or overlap instead."
            )
        check_memory(3 * size * self.dtype.itemsize, f"A dense vector of {self.n} sites")
        # The state is built from the last site backwards, so that site 0 varies fastest.
        dense = np.ones((1, 1), dtype=self.dtype)
        for tensor in reversed(self.tensors):
            dense = np.tensordot(dense, tensor, ((1,), (2,))).transpose(0, 2, 1)
            dense = dense.reshape(-1, tensor.shape[0])
        return dense[:, 0]

    @classmethod
    def from_dense(
        cls,
        amplitudes: Sequence[complex] | np.ndarray,
        phys: int = 2,
        max_bond: int | None = None,
        cutoff: float = 1e-28,
    ) -> MPS:
        """Factor an amplitude vector (Qiskit's order) into an MPS by successive SVD.

        Args:
            amplitudes: vector of length phys^n.
            phys: physical dimension of every site.
            max_bond: largest bond dimension to keep; None for exact.
            cutoff: relative squared weight that one cut may lose; the default only drops rounding.

        Raises:
            ArgumentError: the length is no power of `phys`, or entries are not finite.

        Reference: Vidal, Phys. Rev. Lett. 91, 147902 (2003).
        """
        vector = finite_array("amplitudes", amplitudes, ndim=1)
        positive_int("phys", phys)
        if max_bond is not None:
            positive_int("max_bond", max_bond)
        real("cutoff", cutoff, 0.0, 1.0)
        n = round(np.log(vector.size) / np.log(phys)) if phys > 1 else 0
        if n < 1 or phys**n != vector.size:
            raise fail("amplitudes", f"a vector of {phys}^n entries", vector, "Pad it with zeros.")
        check_memory(6 * 16 * vector.size, f"The factorisation of {vector.size} amplitudes")
        vector = vector.astype(np.complex128 if vector.dtype.kind == "c" else np.float64)
        return cls(tuple(truncate.factor_vector(vector, phys, max_bond, cutoff)))

    @classmethod
    def product(cls, vectors: Sequence[Sequence[complex]] | np.ndarray) -> MPS:
        """Return the product state of one local vector per site."""
        if not items("vectors", vectors, "one local vector per site"):
            raise fail("vectors", "one local vector per site", vectors)
        return cls(
            tuple(
                finite_array(f"vectors[{i}]", v, ndim=1)[None, :, None]
                for i, v in enumerate(vectors)
            )
        )

    @classmethod
    def from_quimb(cls, state: Any) -> MPS:
        """Convert a state of quimb, exact up to rounding; site i is the i-th of `state.sites`.

        Args:
            state: a tensor network with one open index per site (`MatrixProductState` with open
                or periodic ends, PEPS, trees), a circuit, or a ket of qubits.

        Raises:
            ArgumentError: an operator, a network without sites, or bonds too large for a chain;
                the message says what to do.

        Cost: O(n × (product of the bonds across a cut)³).
        """
        if isinstance(state, np.ndarray):
            return cls.from_dense(vector_from_quimb(state))
        chain = cls(chain_from_quimb(state))
        known = (state.max_bond() if hasattr(state, "max_bond") else 0) or 1
        # Bonds of loops and of crossing lines multiply and may be larger than needed.
        return chain if chain.max_bond <= known else chain.truncated(cutoff=NEGLIGIBLE).state

    def to_quimb(self) -> qtensor.MatrixProductState:
        """Return a quimb `MatrixProductState` of the same tensors."""
        from qtn._kernels.quimb import quimb_tensor

        qtensor = quimb_tensor()
        if self.n == 1:
            return qtensor.MatrixProductState([self.tensors[0].reshape(-1)], shape="p")
        arrays = [t.copy() for t in self.tensors]
        arrays[0], arrays[-1] = arrays[0][0], arrays[-1][:, :, 0]
        return qtensor.MatrixProductState(arrays, shape="lpr")

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes, the origin's among them."""
        return pack_chain(self.tensors, self.origin)

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> MPS:
        """Rebuild from what `pack` returned."""
        return cls(*unpack_chain(arrays, header))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Truncation(Displayed):
    """A truncated state and what its truncation lost.

    Args:
        state: the state with smaller bonds (norm reduced by what was lost).
        discarded: relative squared weight lost at each of the n-1 cuts.
    """

    state: MPS
    discarded: np.ndarray

    @property
    def fidelity_floor(self) -> float:
        """Fidelity of the truncated with the original state from the lost weights: Π(1 - ε_i)."""
        return float(reduce(lambda f, e: f * (1.0 - e), self.discarded, 1.0))

    def _brief(self) -> str:
        return f"{self.state!r}, fidelity at least {self.fidelity_floor:.6g}"

    def _display(self) -> Display:
        return truncation_display(self.state, self.discarded, self.fidelity_floor)


def _chain(other: Any) -> MPS:
    way_out = "A tree, a quimb state or a vector has to be turned into one first."
    state: MPS = instance("other", other, MPS, "an MPS", way_out=way_out)
    return state


def _frozen(array: np.ndarray, dtype: Any) -> np.ndarray:
    if array.dtype == dtype and array.flags.c_contiguous and not array.flags.writeable:
        return array
    copy = np.array(array, dtype=dtype, order="C")
    copy.flags.writeable = False
    return copy

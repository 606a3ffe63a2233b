"""Readout correction beyond single qubits: correlated pairs, and the subspace of seen outcomes.

Pairs: qubits whose readouts influence each other share one 4 x 4 confusion matrix. A term is again
an average of products, now of one weight per pair, w = (v_a ⊗ v_b) A^-1.

Subspace: with many qubits only the outcomes that occurred are kept. The confusion matrix between
them has the entries ∏_q A_q[read, prepared], whose logarithm is bilinear in the bits, so that it is
one matrix product; columns are normalised over the subspace. Instead of the corrected distribution
the weights of the outcomes, Ã^-T v, are computed, which gives the shot noise as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives.containers import BitArray
from scipy.sparse.linalg import LinearOperator, bicgstab

from qtn.errors import DeviceError
from qtn.mitigation.values.calibration import MIN_LEVER, MIN_SIGMAS, ReadoutCalibration
from qtn.mitigation.values.correct import Corrector, chosen
from qtn.mitigation.values.outcomes import Moments
from qtn.states.operators import Basis, Observable, Term

Floats = NDArray[np.float64]
_DIRECT = 1500  # seen outcomes up to which the matrix is solved directly
_BLOCK = 1024  # columns formed at a time otherwise
_MAX_SEEN = 30_000


def tables(bits: BitArray) -> NDArray[np.uint8]:
    """Return outcomes (bindings, shots, bits), column i = bit i."""
    flat = bits.to_bool_array(order="little").reshape(-1, bits.num_shots, bits.num_bits)
    return flat.astype(np.uint8)


def _moments(values: Floats, gradient: Floats) -> Moments:
    """Means and covariance of per-shot values (bindings, shots, terms)."""
    shots = values.shape[1]
    mean = values.mean(1)
    centred = values - mean[:, None]
    covariance = centred.transpose(0, 2, 1) @ centred / (shots * max(shots - 1, 1))
    diagonal = np.einsum("btt->bt", covariance)
    diagonal[...] = np.maximum(diagonal, (np.abs(values).max(1) / shots) ** 2)
    return Moments(mean, covariance, gradient)


@dataclass(frozen=True, slots=True, eq=False)
class PairCorrector(Corrector):
    """Confusion matrices of disjoint pairs of classical bits (and single bits).

    Args:
        observable: the terms.
        clusters: bits of every cluster, one or two each, all bits once.
        matrices: confusion matrix [read, prepared] per cluster; index = first + 2 second bit.
        shots: executions behind each column.
    """

    observable: Observable
    clusters: tuple[tuple[int, ...], ...]
    matrices: tuple[Floats, ...]
    shots: int

    def __post_init__(self) -> None:
        for cluster, matrix in zip(self.clusters, self.matrices, strict=True):
            lever = np.linalg.svd(matrix, compute_uv=False)[-1]
            if lever <= max(MIN_LEVER, MIN_SIGMAS * 0.5 / np.sqrt(self.shots)):
                raise DeviceError(
                    f"Readout of bits {list(cluster)} tells nothing about some of their states "
                    f"(least singular value of the confusion matrix {lever:.3f} from {self.shots} "
                    "shots). Choose other qubits or more shots."
                )

    @property
    def variances(self) -> Floats:  # type: ignore[override]
        """Variances of the off-diagonal confusion probabilities, cluster by cluster."""
        found = []
        for matrix in self.matrices:
            smooth = (matrix * self.shots + 1) / (self.shots + len(matrix))
            off = ~np.eye(len(matrix), dtype=bool)
            found.append((smooth * (1 - smooth) / self.shots)[off])
        return np.concatenate(found)

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis."""
        table = tables(bits)
        index = [_index(table, c) for c in self.clusters]
        inverses: list[Floats] = [np.asarray(np.linalg.inv(m)) for m in self.matrices]
        values, slopes = [], []
        for term in chosen(self.observable, basis.terms):
            weights: list[Floats] = [
                _diagonal(term, c) @ inverse for c, inverse in zip(self.clusters, inverses)
            ]
            factors = [w[i] for w, i in zip(weights, index)]
            product = np.prod(factors, axis=0)
            values.append(product)
            slopes.append(self._slope(term, weights, inverses, index, factors))
        return _moments(np.stack(values, -1), np.stack(slopes, 1))

    def _slope(
        self,
        term: Term,
        weights: list[Floats],
        inverses: list[Floats],
        index: list[NDArray[np.int64]],
        factors: list[Floats],
    ) -> Floats:
        """Derivatives (bindings, rates): A[j, j] falls as A[i, j] rises."""
        found = []
        touched = set(term.qubits)
        for k, (w, inverse) in enumerate(zip(weights, inverses)):
            size = len(w)
            if touched.isdisjoint(self.clusters[k]):  # weight 1 whatever the confusion
                found.append(np.zeros((len(index[k]), size * (size - 1))))
                continue
            others = np.prod([f for m, f in enumerate(factors) if m != k], axis=0)
            gathered = np.stack([(others * inverse[j][index[k]]).mean(1) for j in range(size)], 1)
            by_entry = -w[None, :, None] * gathered[:, None, :]  # (bindings, read, prepared)
            by_entry = by_entry - np.einsum("bjj->bj", by_entry)[:, None, :]
            off = ~np.eye(size, dtype=bool)
            found.append(by_entry[:, off])
        return np.concatenate(found, axis=1)


def _index(table: NDArray[np.uint8], cluster: tuple[int, ...]) -> NDArray[np.int64]:
    """Index of the outcome of a cluster, first bit least significant."""
    shape = table.shape[:-1]
    index = np.zeros(shape, dtype=np.int64)
    for k, bit in enumerate(cluster):
        index |= table[..., bit].astype(np.int64) << k
    return index


def _diagonal(term: Term, cluster: tuple[int, ...]) -> Floats:
    """Values of the term's factors on a cluster, by index of the outcome."""
    vector = np.ones(1)
    for qubit in cluster:
        here = term.diagonal(qubit) if qubit in term.qubits else (1.0, 1.0)
        vector = np.kron(np.array(here), vector)  # later bits are more significant
    return vector


def pair_matrices(
    outcomes: Sequence[BitArray], clusters: Sequence[tuple[int, ...]]
) -> tuple[Floats, ...]:
    """Return confusion matrices from the outcomes of four preparations.

    Args:
        outcomes: after preparing, in every cluster, first and second bit 00, 10, 01, 11.
        clusters: bits of every cluster.
    """
    found = []
    for cluster in clusters:
        size = 2 ** len(cluster)
        matrix = np.zeros((size, size))
        for prepared, bits in enumerate(outcomes):
            counts = np.bincount(_index(tables(bits)[0], cluster), minlength=size)
            matrix[:, prepared % size] += counts / counts.sum() / (4 // size)
        found.append(matrix)
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class SubspaceCorrector(Corrector):
    """Inverse confusion within the outcomes that occurred; any number of qubits.

    Bits that are read wrong more often than right are turned first, so that the true outcomes are
    among those that occurred.

    Its calibration error is not carried along: it is of the order of the error rates' own
    statistical errors times the number of qubits of a term.
    """

    observable: Observable
    rates: ReadoutCalibration
    variances: Floats

    @classmethod
    def of(cls, observable: Observable, rates: ReadoutCalibration) -> SubspaceCorrector:
        """Wrap a calibration."""
        return cls(observable, rates, np.zeros(0))

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Confusion rates of the qubits."""
        return self.rates

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the moments of the terms of a basis."""
        values = []
        wrong = self.rates.rates.sum(axis=1) > 1
        turned = np.where(wrong[:, None], 1 - self.rates.rates, self.rates.rates)
        rates = replace(self.rates, rates=turned)
        for table in tables(bits) ^ wrong.astype(np.uint8):
            seen, place = np.unique(table, axis=0, return_inverse=True)
            diagonal = np.stack([_values(t, seen) for t in chosen(self.observable, basis.terms)], 1)
            values.append(outcome_weights(seen, diagonal, rates)[place.ravel()])
        stacked = np.stack(values)
        return _moments(stacked, np.zeros((*stacked[:, 0].shape, 0)))


def outcome_weights(seen: NDArray[np.uint8], diagonal: Floats, rates: ReadoutCalibration) -> Floats:
    """Solve Ã^T w = v for the weights of seen outcomes.

    Args:
        seen: (outcomes, qubits) distinct bit strings.
        diagonal: (outcomes, terms) values v of the terms on them.
        rates: confusion of every qubit.

    Returns:
        (outcomes, terms) weights.

    Raises:
        DeviceError: too many distinct outcomes, or no convergence.

    Cost: outcomes² × qubits; matrix-free above 1,500 outcomes.

    Reference: Nation, Kang, Sundaresan, Gambetta, PRX Quantum 2, 040326 (2021).
    """
    count = len(seen)
    if count > _MAX_SEEN:
        raise DeviceError(
            f"The subspace holds {count} different outcomes (limit {_MAX_SEEN}), so shots hardly "
            'repeat. Use Readout(method="tensored").'
        )
    logs = np.log(np.maximum(rates.matrices, 1e-12))  # (n, read, prepared)
    base = logs[:, 0, 0].sum()
    read, prepared = logs[:, 1, 0] - logs[:, 0, 0], logs[:, 0, 1] - logs[:, 0, 0]
    both = logs[:, 1, 1] - logs[:, 1, 0] - logs[:, 0, 1] + logs[:, 0, 0]
    rows = seen.astype(float)

    def columns(part: slice) -> Floats:
        """Entries A[all read, prepared in part], columns normalised."""
        block = rows[part]
        log = base + (rows @ read)[:, None] + block @ prepared + (rows * both) @ block.T
        matrix = np.exp(log)
        return np.asarray(matrix / matrix.sum(0))

    if count <= _DIRECT:
        return np.asarray(np.linalg.solve(columns(slice(None)).T, diagonal))
    parts = [slice(s, s + _BLOCK) for s in range(0, count, _BLOCK)]
    operator = LinearOperator(
        (count, count), matvec=lambda v: np.concatenate([columns(p).T @ v for p in parts])
    )
    solved = []
    for vector in diagonal.T:
        weights, status = bicgstab(operator, vector, x0=vector, rtol=1e-6, maxiter=100)
        if status != 0:
            raise DeviceError("The subspace correction did not converge. Use tensored readout.")
        solved.append(weights)
    return np.stack(solved, 1)


def _values(term: Term, seen: NDArray[np.uint8]) -> Floats:
    value = np.ones(len(seen))
    for qubit in term.qubits:
        value = value * np.array(term.diagonal(qubit))[seen[:, qubit]]
    return value

r"""Regression: amplitudes with their signs, measured beside a reference whose amplitude is known.

With T the network's state, its register r open (one output: no register), and

.. math:: |S\rangle = (|0\rangle|T\rangle + |1\rangle|\mathrm{ref}\rangle|\rho\rangle) / \sqrt 2,
    \qquad h_k(x) = \langle \hat\Phi(x), k | T \rangle,
    \qquad r(x) = \langle \hat\Phi(x) | \mathrm{ref} \rangle

the encoding of the row is undone and the one qubit measured in X beside zeros and the register
at k:

.. math:: P_{\pm k} = |h_k \pm r \rho_k|^2 / 4,
    \qquad P_{+k} - P_{-k} = r \rho_k h_k ,

linear in the amplitude, sign included; a floor that noise adds to both falls out. r is a product
over sites and known for every row. From N shots, with σ(h) what the counting leaves,

.. math:: \sigma(h_k) = \frac{1}{r \rho_k} \sqrt{\frac{r^2 \rho_k^2 + h_k^2}{2 N}}
    \approx \frac{1}{\sqrt{2 N}} ,

whatever r is as long as it is not the smaller one: the strong reference carries the weak amplitude.
A chain predicts f = ‖W‖ ‖Φ(x)‖ h in units of the targets; a tree f = Λ h / ‖h‖, whose length is
measured with the qubit in Z: P(0) = ‖h‖²/2, P(1) = r²/2 beside zeros.

Noise shrinks all of these alike, by λ. It is found from the rows of one call together, as what
their sums are short of: Σ P(1) = λ Σ r²/2 of a tree, P₊ + P₋ = λ (r² + h²)/2 of a chain.

Without the extra qubit |α ref + β T|² has about as much of the amplitude in it
(σ = √(1 + α²/β²)/(2√N)), but a root is taken there, and a floor or a loss is an offset of all
predictions; see docs/born_circuits.md for figures.

Reference: interference with a known state is the homodyne measurement of Yuen and Chan, Opt. Lett.
8, 177 (1983), for circuits the Hadamard test; here state and reference come from one compiled
circuit and rows are bound by one-qubit rotations only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from qtn._checks import flag, real
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Floats, Form, Measurement
from qtn.hybrid.forms.encoding import check_levels, encoding_angles, undo_rows, width
from qtn.hybrid.forms.references import beside_reference, near_all_rows, on_site
from qtn.interop.circuits import circuit_to_mps
from qtn.models.regressor import TensorNetworkRegressor
from qtn.states import MPS
from qtn.states.qubits import embed_in_qubits

MANY = 10**12  # shots


@dataclass(frozen=True, slots=True, eq=False)
class Amplitudes:
    """Where the parts of a regressor stand in its circuit, and what its amplitudes count.

    Args:
        places: the qubits of every site, the most significant first.
        qubit: the one that tells the network from the reference.
        register: qubits of the register, the most significant first; none for one output.
        signed: how many of the register's values have a sign; those beyond count by their length.
        reference: unit vectors of the sites.
        readout: what targets read of the signed amplitudes, (targets, signed).
        tree: whether amplitudes are divided by their length.
    """

    places: tuple[tuple[int, ...], ...]
    qubit: int
    register: tuple[int, ...]
    signed: int
    reference: tuple[Floats, ...]
    readout: Floats
    tree: bool

    def label(self, n: int, qubit: str, value: int | None) -> str:
        """Return the projector on zeros, the qubit's letter and the register's value."""
        letters = ["0"] * n
        letters[self.qubit] = qubit
        for place, where in enumerate(reversed(self.register)):
            letters[where] = "I" if value is None else str(value >> place & 1)
        return "".join(reversed(letters))

    def observables(self, n: int) -> list[Any]:
        """Return P₊ - P₋ of every signed value; then of a tree P(0), P(1), of a chain Σ P₊ + P₋."""
        values = range(self.signed)
        found: list[Any] = [
            {self.label(n, "+", k): 1.0, self.label(n, "-", k): -1.0} for k in values
        ]
        if self.tree:
            return [*found, self.label(n, "0", None), self.label(n, "1", None)]
        return [*found, {self.label(n, "I", k): 1.0 for k in values}]

    def overlap(self, vectors: Sequence[Floats]) -> Floats:
        """Return r of every row, for its unit vectors."""
        return np.prod([v @ u for v, u in zip(vectors, self.reference)], axis=0)


@dataclass(frozen=True, slots=True, repr=False)
class Regression(Form):
    """One circuit whose amplitudes are read with their signs; for `MPSRegressor`, `TTNRegressor`.

    Args:
        calibrated: find from all rows of a call together by how much noise shrinks what is
            measured, and undo it.
        parts: what stands where; None until a model is deployed.
    """

    makes: ClassVar[Any] = "regressor"

    calibrated: bool = True
    parts: Amplitudes | None = None

    def __post_init__(self) -> None:
        flag("calibrated", self.calibrated)

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is a regressor, fitted or not."""
        return isinstance(model, TensorNetworkRegressor)

    def bound(self, model: Any) -> Self:
        """Return the form with the parts of a fitted regressor."""
        state, register, readout = _network(model)
        chain, sites = isinstance(state, MPS), range(state.n)
        check_levels([state.phys[s] for s in sites if s != register])
        qubit_site = state.n // 2 if chain else register
        places: list[tuple[int, ...]] = []
        where: tuple[int, ...] = ()
        start, extra = 0, -1
        for site in sites:
            if chain and site == qubit_site:
                extra, start = start, start + 1
            count = _qubits(state.phys[site], site == register)
            qubits = tuple(range(start, start + count))
            start += count
            if site == register:
                where = qubits
            else:
                places.append(qubits)
        parts = Amplitudes(
            places=tuple(places),
            qubit=extra if chain else start,
            register=where,
            signed=readout.shape[1],
            reference=tuple(near_all_rows(model)),
            readout=readout,
            tree=not chain,
        )
        return replace(self, parts=parts)

    def qubits(self, model: Any) -> int | None:
        """Return the qubits of the circuit of a fitted regressor."""
        state, register, _ = _network(model)
        return 1 + sum(_qubits(d, site == register) for site, d in enumerate(state.phys))

    def targets(self, model: Any) -> Sequence[Any]:
        """Return the one state of network and reference, every site on qubits."""
        state, register, readout = _network(model)
        vectors = list(self._parts.reference)
        if register is not None:
            levels, signed = state.phys[register], readout.shape[1]
            rho = np.where(np.arange(levels) < signed, signed**-0.5, 0.0)
            vectors.insert(register, rho)
        site = state.n // 2 if isinstance(state, MPS) else state.n - 1
        return [embed_in_qubits(beside_reference(state, vectors, site)).normalised()]

    def check(self, model: Any) -> None:
        """Raise `ArgumentError` unless there is one circuit and its qubits are the parts'."""
        used = 0
        if self.parts is not None:
            used = 1 + len(self.parts.register) + sum(len(p) for p in self.parts.places)
        if len(model.compiled) != 1 or used != model.n:
            raise ArgumentError(
                f"A quantum regressor needs one circuit with a qubit for its sign, but has "
                f"{len(model.compiled)} circuits of {model.n} qubits where {used} are known. Make "
                "it with `qtn.deploy`."
            )

    def inputs(self, model: Any) -> int:
        """Return how many numbers a row has: those of the vectors of all sites."""
        return sum(len(u) for u in self._parts.reference)

    def circuits(self, model: Any, x: Floats) -> Sequence[Measurement]:
        """Return the circuit with the inverse encoding of the rows.

        Args:
            model: the deployed model.
            x: the vectors of all sites of every row side by side, (batch, inputs).
        """
        parts = self._parts
        circuit = model.compiled[0].circuit.copy()
        undo_rows(circuit, parts.places)
        vectors, _ = self._units(x)
        return [Measurement(circuit, encoding_angles(vectors), parts.observables(model.n))]

    def scores(self, model: Any, outcomes: Sequence[Estimate]) -> Estimate:
        """Raise: predictions need the rows as well; see `predicted`."""
        raise ArgumentError("A regressor has predictions of rows, no scores: call `predicted`.")

    def predicted(self, x: Floats, outcome: Estimate) -> Estimate:
        """Return the targets of rows in units of their standard deviation, (batch, targets).

        Args:
            x: as in `circuits`.
            outcome: what was measured, (batch, observables).
        """
        parts, (vectors, lengths) = self._parts, self._units(x)
        value, error = np.asarray(outcome.value), np.asarray(outcome.stderr)
        known = parts.overlap(vectors)[:, None] * parts.signed**-0.5  # r ρ
        count = parts.signed
        with np.errstate(divide="ignore", invalid="ignore"):
            h, sigma = value[:, :count] / known, error[:, :count] / np.abs(known)
        p, loose = value[:, count:], error[:, count:]
        if parts.tree:
            f, spread = self._of_tree(h, sigma, p, loose, known)
        else:
            f, spread = self._of_chain(h, sigma, p, loose, known)
            f, spread = f * lengths[:, None], spread * lengths[:, None]
        if not np.isfinite(f).all() or not np.isfinite(spread).all():
            raise ArgumentError(_lost(int(np.argmin(np.isfinite(f + spread).all(axis=1)))))
        return replace(outcome, value=f, stderr=spread)

    def _of_chain(
        self, h: Floats, sigma: Floats, p: Floats, error: Floats, known: Floats
    ) -> tuple[Floats, Floats]:
        """Return Λ h / λ and its error."""
        keep, loose = 1.0, 0.0
        if self.calibrated:
            keep, loose = self._kept(h, sigma, p, error, known)
        readout = self._parts.readout.T
        f, spread = (h / keep) @ readout, np.sqrt((sigma / keep) ** 2 @ readout**2)
        return f, np.hypot(spread, loose * f)

    def _kept(
        self, h: Floats, sigma: Floats, p: Floats, error: Floats, known: Floats
    ) -> tuple[float, float]:
        """Return λ of a chain and its relative error.

        Weighed by r², so that rows far from the reference do not decide, the sums S = P₊ + P₋ say
        2 Σ r² S = λ Σ r⁴ + Σ (r λ h)² / λ. Where the amplitudes are not far below the reference
        both roots are near 1: the one that suits the rows one by one is taken, among equals the one
        nearer to 1. As the roots meet, λ gets as uncertain as the root of what they differ by.
        """
        weight, reference = known**2, self._parts.signed * float((known**4).sum())
        squares = (h**2 - sigma**2).sum(axis=1, keepdims=True)
        total, own = 2.0 * float((weight * p).sum()), max(float((weight * squares).sum()), 0.0)
        spread = 2.0 * float(np.sqrt(((weight * error) ** 2).sum()))
        other = float(np.sqrt((weight**2 * (4.0 * h**2 + 2.0 * sigma**2) * sigma**2).sum()))
        apart = math.hypot(2.0 * total * spread, 4.0 * reference * other)
        square = max(total**2 - 4.0 * reference * own, 0.0)
        roots = [(total + sign * math.sqrt(square)) / (2.0 * reference) for sign in (1.0, -1.0)]

        def misfit(keep: float) -> float:
            found = 2.0 * p - self._parts.signed * weight * keep - squares / keep
            return float((weight * found**2).sum())

        keep, low = roots
        if low > 0.0:
            losses = [misfit(keep), misfit(low)]
            noise = float((weight * (2.0 * error) ** 2).sum()) + 1e-15 * total
            clear = abs(losses[0] - losses[1]) > noise
            near = abs(math.log(low)) < abs(math.log(keep))
            keep = low if (losses[1] < losses[0] if clear else near) else keep
        gap = max(math.sqrt(square), math.sqrt(apart))
        if not gap or not keep:
            return keep, 0.0
        loose = math.hypot((1.0 + total / gap) * spread, 2.0 * reference / gap * other)
        return keep, loose / (2.0 * reference) / keep

    def _of_tree(
        self, h: Floats, sigma: Floats, p: Floats, error: Floats, known: Floats
    ) -> tuple[Floats, Floats]:
        """Return f = Λ h / ‖h‖ and its error; h shrinks by λ, ‖h‖² = 2 P(0) by λ as well."""
        keep, loose = 1.0, 0.0
        if self.calibrated:
            reference = 0.5 * self._parts.signed * float((known**2).sum())
            keep = float(p[:, 1].sum()) / reference
            loose = float(np.sqrt((error[:, 1] ** 2).sum())) / reference / keep
        with np.errstate(divide="ignore", invalid="ignore"):
            length = np.sqrt(2.0 * p[:, :1] / keep)
            g, spread = h / keep / length, sigma / keep / length
            relative = np.hypot(0.5 * error[:, :1] / p[:, :1], 0.5 * loose)
        f = g @ self._parts.readout.T
        own = spread**2 @ (self._parts.readout.T**2)
        return f, np.sqrt(own + (relative * f) ** 2)

    def exact(self, model: Any, x: Floats) -> tuple[Floats, Floats]:
        """Return what is measured, without noise and shots, and its variance in one shot.

        Returns:
            Two arrays (batch, observables).

        Cost: one simulation of the circuit as a chain, then O(batch · n · χ²) for all.
        """
        parts, (vectors, _) = self._parts, self._units(x)
        state = circuit_to_mps(model.compiled[0].circuit)
        network, reference = np.moveaxis(amplitudes_of(state, parts, vectors), 1, 0)
        own, other = network[:, : parts.signed], reference[:, : parts.signed]
        plus, minus = (np.abs(own + sign * other) ** 2 / 2.0 for sign in (1.0, -1.0))
        if parts.tree:
            p = np.stack([(np.abs(a) ** 2).sum(axis=1) for a in (network, reference)], axis=1)
        else:
            p = (plus + minus).sum(axis=1, keepdims=True)
        difference, both = plus - minus, plus + minus
        values = np.concatenate([difference, p], axis=1)
        variances = np.concatenate([both - difference**2, p - p**2], axis=1)
        return values, np.maximum(variances, 0.0)

    def stderr(self, model: Any, x: Floats, shots: int) -> Floats:
        """Return the standard errors that so many shots give, in units as in `predicted`."""
        value, variance = self.exact(model, x)
        # Where shots are many errors fall with their root, and few of them are scaled from there.
        many = Estimate(value, np.sqrt(variance / MANY), 0, "exact")
        return np.asarray(self.predicted(x, many).stderr) * math.sqrt(MANY / shots)

    def shots_needed(self, model: Any, x: Floats, stderr: float) -> int:
        """Return the shots per row and basis for predictions as exact as `stderr`."""
        largest = real("stderr", stderr, 0.0, open_low=True)
        single = float(self.stderr(model, x, 1).max())
        return max(1, math.ceil(min((single / largest) ** 2, 1e300)))

    @property
    def _parts(self) -> Amplitudes:
        assert self.parts is not None
        return self.parts

    def _units(self, x: Floats) -> tuple[list[Floats], Floats]:
        """Return the unit vectors of the sites, and the length of their product, of every row."""
        ends = np.cumsum([len(u) for u in self._parts.reference])[:-1]
        found, length = [], np.ones(len(x))
        for vectors in np.split(x, ends, axis=1):
            norms = np.linalg.norm(vectors, axis=1)
            found.append(vectors / np.where(norms > 0, norms, 1.0)[:, None])
            length = length * norms
        return found, length


def amplitudes_of(state: MPS, parts: Amplitudes, vectors: Sequence[Floats]) -> Floats:
    """Return ⟨Φ̂(x), k|⟨b| in a state, b the qubit of the reference: (batch, 2, register).

    Args:
        state: what the circuit prepares.
        parts: what stands where.
        vectors: unit vectors of the sites, (batch, levels) each.
    """
    rows = {qubits[0]: (len(qubits), v) for qubits, v in zip(parts.places, vectors)}
    left = np.ones((len(vectors[0]), 1, 1))
    kept: list[int] = []
    qubit = 0
    while qubit < state.n:
        count, v = rows.get(qubit, (1, None))
        tensor = state.tensors[qubit]
        for other in state.tensors[qubit + 1 : qubit + count]:
            tensor = np.tensordot(tensor, other, 1).reshape(len(tensor), -1, other.shape[2])
        if v is None:
            left = np.einsum("bol,lpr->bopr", left, tensor)
            left = left.reshape(len(left), -1, tensor.shape[2])
            kept.append(qubit)
        else:
            padded = np.pad(v, ((0, 0), (0, tensor.shape[1] - v.shape[1])))
            left = np.einsum("bol,bp,lpr->bor", left, padded, tensor, optimize=True)
        qubit += count
    order = [1 + kept.index(q) for q in (parts.qubit, *parts.register)]
    open_ = left.reshape(len(left), *(2,) * len(kept)).transpose(0, *order)
    return np.asarray(open_.reshape(len(left), 2, -1))


def _network(model: Any) -> tuple[Any, int | None, Floats]:
    """Return the state of a regressor, the site of its register and what targets read of it."""
    if "root" in model.forms_:
        state, weights = model.state(register="root"), model.readout_
        turn, rest = np.linalg.qr(weights.T, mode="complete")
        signed = min(weights.shape)
        return on_site(state, state.n - 1, turn.T), state.n - 1, rest[:signed].T
    norms = np.exp(model.log_norms_)
    size = float(np.sqrt((norms**2).sum()))
    if len(norms) == 1:
        return model.state(), None, np.array([[size]])
    state = model.state(register="label")
    register = model.network_.register_site
    return state, register, size * np.eye(len(norms))


def _qubits(levels: int, register: bool) -> int:
    return max(1, math.ceil(math.log2(levels))) if register else width(levels)


def _lost(row: int) -> str:
    return (
        f"Row {row} of `x` was not measured: its amplitude, or the reference's, was never seen, so "
        "that noise or chance hides the prediction. Raise `shots`, or take ideal_predict, which is "
        "computed."
    )

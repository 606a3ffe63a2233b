r"""How the device's card says that the terms of an observable decay, from noisy classical twins.

Twins are circuits with the target's gates, changed angles (`learn.neighbour`) and another start, so
their exact values tell nothing about the target's. The start is a product state near |0…0>, made by
rotations without noise: it varies the values of circuits without any angle (Clifford circuits), and
leaves every gate and its noise as it is. The twins' density operators are evolved with the errors
that the device reports, every error channel Λ raised to a power κ that stands for a card that is
too optimistic or too pessimistic. For each term t and noise factor s, least squares over the twins
gives

    noisy_ts(κ) = offset_ts(κ) + slope_ts(κ) · ideal_t,

with the scatter of the twins about the line as its error. Up to `DENSE` qubits the density operator
is a vector of 4^n Pauli coefficients, and all twins are evolved at once; beyond, it is a chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from scipy.linalg import fractional_matrix_power

from qtn.devices import resolve
from qtn.devices.lookup import Device
from qtn.devices.placement.cutting import active_qubits, cut_circuit, cut_target
from qtn.devices.tensor.channels import (
    ChannelTable,
    NoisyCircuit,
    read_operations,
    under_noise,
)
from qtn.devices.tensor.reported import Noise, ReportedChannels
from qtn.errors import ArgumentError
from qtn.mitigation.values.combination import widening
from qtn.states.kernels.circuit import Gate, fuse_gates, route_gates
from qtn.states.kernels.density import DensityMPS
from qtn.states.operators import Basis, Term

Floats = NDArray[np.float64]
DENSE = 7  # active qubits up to which 4^n coefficients are evolved
WELL_CONDITIONED = 1e6  # condition of eigenvectors up to which powers are taken by them
MAX_BOND, CUTOFF = 32, 1e-9  # of the chain beyond
LEAST_SPREAD = 1e-4  # standard deviation of the twins' ideal values below which no line is fitted
LOG_SCALES = np.log([0.6, 1.0, 1.6])  # powers κ of the card's errors that are simulated


@dataclass(frozen=True, slots=True, eq=False)
class Decays:
    """Lines from ideal to noisy values at the simulated powers of the noise.

    Args:
        offset, slope: (powers, settings, terms).
        scatter: same shape, variance of the twins about their line, widened as few twins ask for.
        twins: number of circuits behind it.
        centre: (terms,) mean ideal value of the twins.
        spread: (terms,) sum of their squared deviations from it; where it is 0 there is no line.
    """

    offset: Floats
    slope: Floats
    scatter: Floats
    twins: int
    centre: Floats | None = None
    spread: Floats | None = None

    def __repr__(self) -> str:
        _, settings, terms = self.slope.shape
        return f"Decays({terms} terms, {settings} noise factors, {self.twins} twins)"

    @property
    def fixed(self) -> NDArray[np.bool_]:
        """(terms,) whether the twins' values vary enough to fix the line of a term."""
        if self.spread is None:
            return np.ones(self.slope.shape[2], bool)
        return np.asarray(self.spread > self.twins * LEAST_SPREAD**2)

    @property
    def determined(self) -> bool:
        """Whether the lines of all terms are fixed."""
        return bool(self.fixed.all())

    def leverage(self, ideal: Floats) -> Floats:
        """Variance (terms,) of a point at these ideal values over the scatter about the line."""
        if self.centre is None or self.spread is None:
            return np.ones_like(ideal)
        distance = (ideal - self.centre) ** 2 / np.maximum(self.spread, 1e-300)
        return np.asarray(1 + 1 / self.twins + distance)

    def at(self, u: float) -> tuple[Floats, Floats, Floats]:
        """Return offset, slope, scatter (settings, terms) at the log power `u`, interpolated."""
        weights = np.array([
            np.prod([(u - b) / (a - b) for b in LOG_SCALES if b != a]) for a in LOG_SCALES
        ])  # fmt: skip
        offset, slope = (np.tensordot(weights, a, 1) for a in (self.offset, self.slope))
        return offset, slope, self.scatter[int(np.abs(LOG_SCALES - u).argmin())]


@dataclass(slots=True, eq=False)
class Pending:
    """Decays that are simulated when they are first needed.

    Args:
        simulate: returns them.
        twins: number of circuits behind them.
        seconds: CPU seconds that it takes, as forecast.
    """

    simulate: Callable[[], Decays]
    twins: int
    seconds: float
    _found: Decays | None = None

    def __repr__(self) -> str:
        if self._found is not None:
            return repr(self._found)
        return f"decays to be simulated: {self.twins} twins, about {self.seconds:.2g} s"

    def decays(self) -> Decays:
        """Return the decays, simulated at the first call."""
        if self._found is None:
            self._found = self.simulate()
        return self._found


class ScaledChannels(ChannelTable):
    """The errors of a noise model, or of another table, each raised to a power."""

    def __init__(self, noise: Noise | ChannelTable, power: float) -> None:
        super().__init__(None)
        self._plain = noise if isinstance(noise, ChannelTable) else ChannelTable(noise)
        self._power = power
        self._powers: dict[tuple[str, tuple[int, ...]], Floats] = {}

    def readout(self, qubit: int) -> Floats:
        """Return the readout matrix [read, true] of a qubit, which has no power."""
        return self._plain.readout(qubit)

    def error(self, name: str, qubits: tuple[int, ...]) -> Floats | None:
        """Return Λ^κ of an operation, None if it is ideal."""
        plain = self._plain.error(name, qubits)
        if plain is None or self._power == 1:
            return plain
        if (name, qubits) not in self._powers:
            self._powers[name, qubits] = channel_power(plain, self._power)
        return self._powers[name, qubits]


def channel_power(channel: Floats, power: float) -> Floats:
    """Return Λ^κ by its eigenvalues; by Schur's form where the eigenvectors are nearly dependent.

    Example:
        >>> channel_power(np.diag([1.0, 0.81, 0.81, 0.81]), 0.5).diagonal()
        array([1. , 0.9, 0.9, 0.9])
    """
    values, vectors = np.linalg.eig(channel)
    if np.linalg.cond(vectors) > WELL_CONDITIONED:
        return np.asarray(fractional_matrix_power(channel, power).real)
    powers = np.where(values == 0, 0.0, np.asarray(values, complex) ** power)
    return np.asarray((vectors * powers @ np.linalg.inv(vectors)).real)


def reported_noise(device: Any, active: tuple[int, ...]) -> tuple[ChannelTable, bool]:
    """Return the noise that a device reports, and whether it is cut to its active qubits.

    Raises:
        ArgumentError: it reports none.
    """
    target = Device.of(device).target
    known = getattr(getattr(target, "options", None), "noise_model", None)
    if known is not None:
        return ChannelTable(known), False
    engine = resolve(device)
    if engine.target is not None and engine.target.num_qubits is not None:
        model = ReportedChannels(cut_target(engine.target, active))
        if model.has_errors:
            return model, True
    raise ArgumentError(
        f"{engine.name} reports no gate errors, from which the decay of the terms would be "
        "computed. Use ZNE, which needs none."
    )


def simulated(
    twins: Sequence[Sequence[Sequence[QuantumCircuit]]],
    terms: Sequence[Term],
    bases: Sequence[Basis],
    device: Any,
    log_scales: Sequence[float] | Floats,
) -> Floats:
    """Simulate twins with powers of the noise that a device reports.

    Args:
        twins: measured native circuits [twin][basis][setting].
        terms: products, numbered as in the bases.
        bases: in which the twins are measured.
        device: whose reported noise is taken.
        log_scales: logarithms of the powers.

    Returns:
        (powers, settings, twins, terms) values without readout errors; 0 for terms in no basis.

    Raises:
        ArgumentError: the device reports no noise.

    Cost: powers × settings × twins × gates × 4^n up to `DENSE` qubits, × χ³ beyond.
    """
    active = active_qubits(twins[0][0][0])
    plain, cut = reported_noise(device, active)
    tables = [ScaledChannels(plain, float(np.exp(u))) for u in log_scales]
    settings = len(twins[0][0])
    noisy = np.zeros((len(tables), settings, len(twins), len(terms)))
    for setting in range(settings):
        states: list[dict[bytes, Any]] = [{} for _ in tables]  # after what all bases share
        for index, basis in enumerate(bases):
            circuits = [twin[index][setting] for twin in twins]
            small = [cut_circuit(c, active) if cut else c for c in circuits]
            read = [read_operations(c, plain) for c in small]
            own = [terms[t] for t in basis.terms]
            for k, table in enumerate(tables):
                channels = [under_noise(one, table) for one in read]
                noisy[k, setting][:, list(basis.terms)] = noisy_values(channels, own, states[k])
    return noisy


def fitted_lines(noisy: Floats, ideal: Floats) -> Decays:
    """Least squares of noisy (powers, settings, twins, terms) on ideal (twins, terms)."""
    centre, mean = ideal.mean(0), noisy.mean(2)
    spread = ideal - centre
    squares = (spread**2).sum(0)
    slope = np.einsum("pt,kspt->kst", spread, noisy) / (squares + 1e-12)
    offset = mean - slope * centre
    misfit = noisy - offset[:, :, None] - slope[:, :, None] * ideal
    freedom = max(len(ideal) - 2, 1)
    scatter = (misfit**2).sum(2) / freedom * widening(freedom) ** 2
    return Decays(offset, slope, scatter, len(ideal), centre, squares)


def noisy_values(
    channels: Sequence[NoisyCircuit], terms: Sequence[Term], states: dict[bytes, Any]
) -> Floats:
    """Return values (circuits, terms) without readout errors, of circuits with equal gates.

    Args:
        channels: the circuits with their noise, measured in a basis where the terms are diagonal.
        terms: products on the bits.
        states: known states after prefixes, to be reused and added to.
    """
    if channels[0].n <= DENSE:
        return _dense_values(channels, terms, states)
    return np.stack([_chain_values(c, terms, states) for c in channels])


def _key(channels: Sequence[NoisyCircuit]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for one in channels:
        for _, matrix in one.prefix:
            digest.update(np.ascontiguousarray(matrix).tobytes())
    return digest.digest()


def _suffix(channels: NoisyCircuit) -> list[Gate]:
    return [(step.sites, step.matrix) for step in channels.suffix if step.matrix is not None]


def _forms(channels: NoisyCircuit, term: Term) -> list[Floats]:
    """Per site the weights of I and Z, for coefficients of normalised Paulis."""
    site = {bit: s for s, bit in channels.measured}
    forms = [np.array([1.0, 0.0])] * channels.n
    for qubit, _ in term.factors:
        low, high = term.diagonal(qubit)
        forms[site[qubit]] = np.array([low + high, low - high]) / 2
    return [np.sqrt(2) * f for f in forms]


def _dense_values(
    channels: Sequence[NoisyCircuit], terms: Sequence[Term], states: dict[bytes, Any]
) -> Floats:
    key, n = _key(channels), channels[0].n
    diagonal = np.ix_(range(len(channels)), *([0, 3],) * n)
    if key not in states:
        start = np.zeros((len(channels), *(4,) * n))
        start[diagonal] = 2 ** (-n / 2)
        states[key] = _evolved(start, [list(c.prefix) for c in channels])
    state = _evolved(states[key], [_suffix(c) for c in channels])[diagonal]
    out = np.empty((len(channels), len(terms)))
    for column, term in enumerate(terms):
        value = state
        for form in reversed(_forms(channels[0], term)):
            value = value @ form
        out[:, column] = value
    return out


def _evolved(state: Floats, gates: Sequence[Sequence[Gate]]) -> Floats:
    """Apply one list of gates per row of the batch; the lists differ in matrices alone."""
    fused = [fuse_gates(route_gates(g, 4), 4) for g in gates]
    shape, batch, n = state.shape, len(state), state.ndim - 1
    for index, (sites, _) in enumerate(fused[0][1]):
        matrices = np.stack([pairs[index][1] for _, pairs in fused])[:, None]
        state = matrices @ state.reshape(batch, 4 ** sites[0], 16, 4 ** (n - sites[0] - 2))
    for site in fused[0][0]:
        matrices = np.stack([single[site] for single, _ in fused])[:, None]
        state = matrices @ state.reshape(batch, 4**site, 4, 4 ** (n - site - 1))
    return state.reshape(shape)


def _chain_values(
    channels: NoisyCircuit, terms: Sequence[Term], states: dict[bytes, Any]
) -> Floats:
    key = _key([channels])
    if key not in states:
        start = DensityMPS.zeros(channels.n)
        states[key] = start.apply(channels.prefix, max_bond=MAX_BOND, cutoff=CUTOFF)
    state = states[key].apply(_suffix(channels), max_bond=MAX_BOND, cutoff=CUTOFF)
    return state.products([_diagonal_forms(channels, term) for term in terms]) / state.trace()


def _diagonal_forms(channels: NoisyCircuit, term: Term) -> dict[int, Floats]:
    """Linear forms (4,) of the sites where a term is not the identity."""
    site = {bit: s for s, bit in channels.measured}
    forms = {}
    for qubit, _ in term.factors:
        low, high = term.diagonal(qubit)
        forms[site[qubit]] = np.array([low + high, 0.0, 0.0, low - high]) / np.sqrt(2)
    return forms

"""The door `qtn.neural_ground_state`: an autoregressive tensor network with the least energy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, finite_array, instance, positive_int, real
from qtn._display import Display, Displayed, Settings, cell
from qtn._machine import few_threads
from qtn._optional import need_torch, torch
from qtn._progress import checked_progress, progress_bar
from qtn._random import derived_seed, generator
from qtn.applications.antn.connections import Bits, Connection, connections_of
from qtn.applications.antn.enumeration import all_amplitudes, beginnings, matrix_of_terms
from qtn.applications.antn.local_energy import local_energies
from qtn.applications.antn.starting import starting_chains
from qtn.applications.antn.wavefunction import Wavefunction
from qtn.estimate import Estimate
from qtn.physics.terms import read_terms
from qtn.states import MPS

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

# Configurations that are enumerated; larger systems are sampled.
ENUMERATED = 50_000


@dataclass(frozen=True, slots=True, repr=False)
class ANTN(Settings):
    """An autoregressive tensor network and how it is trained.

    Args:
        hidden: units of the network of each site.
        steps: steps of Adam.
        rate: largest rate in its one cycle.
        clip: largest norm of a gradient.
        samples: configurations per step where they are sampled.
        seed: of networks and samples.
    """

    hidden: int = 24
    steps: int = 1000
    rate: float = 8e-3
    clip: float = 0.3
    samples: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("hidden", "steps", "samples"):
            positive_int(name, getattr(self, name))
        if self.samples == 1:
            raise fail("samples", "at least 2", 1)
        real("rate", self.rate, 0.0, 1.0, open_low=True)
        real("clip", self.clip, 0.0, open_low=True)
        bounded_int("seed", self.seed, 0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NeuralState(Displayed):
    """A normalised state of real amplitudes.

    Args:
        energy: of the state; exact (standard error 0) where all configurations were enumerated.
        start: energy that it started from, that of a chain of the same bond and number of ones.
        ones: how many sites are 1 in every configuration; None for any number.
        steps: of Adam.
    """

    energy: Estimate[float]
    start: float
    ones: int | None
    steps: int
    _psi: Wavefunction = field(repr=False)
    _connections: tuple[Connection, ...] = field(repr=False)

    @property
    def n(self) -> int:
        """Number of sites."""
        return self._psi.n

    @property
    def parameters(self) -> int:
        """Numbers in the chain and the networks."""
        return sum(p.numel() for p in self._psi.parameters())

    @few_threads(1)
    def amplitudes(self, bits: Any) -> NDArray[np.float64]:
        """Return ψ of configurations.

        Args:
            bits: (rows, sites) zeros and ones, site 0 first.

        Returns:
            One amplitude per row; 0 where the number of ones is another than the state's.

        Raises:
            ArgumentError: no rows of so many zeros and ones.
        """
        rows = finite_array("bits", bits, ndim=2)
        if rows.shape[1] != self.n or not np.isin(rows, (0, 1)).all():
            raise fail("bits", f"rows of {self.n} zeros and ones", rows)
        found = np.zeros(len(rows))
        good = np.ones(len(rows), bool) if self.ones is None else rows.sum(1) == self.ones
        if good.any():
            with torch.no_grad():
                digits = torch.from_numpy(rows[good].astype(np.uint8))
                found[good] = self._psi(digits).numpy()
        return found

    @few_threads(1)
    def sample(self, shots: int, *, seed: int = 0) -> Bits:
        """Return independent samples of ψ², (shots, sites), site 0 first.

        Args:
            shots: how many.
            seed: of the samples.
        """
        positive_int("shots", shots)
        bounded_int("seed", seed, 0)
        return self._psi.drawn(shots, generator(seed, "antn", "sample"))

    @few_threads(1)
    def sampled_energy(self, shots: int = 10_000, *, seed: int = 0) -> Estimate[float]:
        """Return the energy from independent samples, with its standard error.

        Args:
            shots: how many, at least 2.
            seed: of the samples.
        """
        bounded_int("shots", shots, 2)
        values = local_energies(self._psi, self._connections, self.sample(shots, seed=seed))[0]
        return _estimate(values)

    def _brief(self) -> str:
        return f"{self.n} sites, energy {self._energy()}, {self.parameters:,} parameters"

    def _energy(self) -> str:
        exact = self.energy.stderr == 0.0
        return f"{self.energy.value:.8g}" if exact else cell(self.energy)

    def _display(self) -> Display:
        rows = [
            ("sites", self.n),
            ("ones", "any number" if self.ones is None else self.ones),
            ("parameters", self.parameters),
            ("energy of the start", f"{self.start:.8g}"),
            ("energy", self._energy()),
            ("by", self.energy.method),
            ("steps", self.steps),
        ]
        return Display("Autoregressive tensor network", rows)


@few_threads(1)
def neural_ground_state(
    hamiltonian: ObservableLike,
    *,
    bond: int = 4,
    ones: int | None = None,
    method: ANTN | None = None,
    progress: bool | None = None,
) -> NeuralState:
    """Find a low-energy state as an autoregressive tensor network.

    The search starts from DMRG's chain of the same bond, whose matrices then depend on the sites
    before them; all configurations are enumerated up to 50,000 of them, and sampled beyond.

    Args:
        hamiltonian: Hermitian `SparsePauliOp`, or another observable in Pauli matrices, real in the
            basis of Z; terms of any range; site i is qubit i.
        bond: of the chain.
        ones: how many sites are 1, where the total Z is conserved; None takes half of
            them, or the number that DMRG's chain has where that is another.
        method: `ANTN(...)`.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `NeuralState`. Where configurations are enumerated it is the best of all steps; where
        they are sampled, its start if fresh samples have no lower energy after training.

    Raises:
        ArgumentError: a Hamiltonian that is complex, `ones` where it is not conserved.
        MissingExtraError: torch is not installed.

    Cost: per step, the networks of all beginnings (or of all configurations connected to the
        samples): O(bond² hidden) each.

    Example:
        >>> import qtn
        >>> from qtn.applications.antn import ANTN
        >>> state = qtn.neural_ground_state(qtn.chain("j1j2", 8), bond=2, method=ANTN(steps=20))
        >>> state.energy.value < state.start
        True

    Reference: Chen, Newhouse, Chen, Luo, Soljačić, arXiv:2304.01996, elementwise construction. It
        starts there from a trained chain too; here networks are one hidden layer per site, and
        small systems are enumerated.
    """
    need_torch()
    terms = read_terms(hamiltonian)
    positive_int("bond", bond)
    checked_progress(progress)
    how = instance("method", ANTN() if method is None else method, ANTN, "ANTN(...)")
    connections = connections_of(terms)
    chains, conserved = starting_chains(hamiltonian, terms, bond, ones)
    count = 2**terms.n if conserved is None else math.comb(terms.n, conserved)
    begun = [_wavefunction(chain, bond, conserved, how) for chain in chains]
    energies = [float(chain.origin.energy) for chain in chains]  # type: ignore[union-attr]
    if len(chains) > 1:  # what is left of a chain of several numbers of ones
        left = _energy(begun[1], connections, how, count)
        # A sampled one has to be lower beyond doubt.
        doubt = 3.0 * float(np.asarray(left.stderr))
        energies[1] = float(left) if float(left) + doubt < energies[0] else math.inf
    start, psi = min(zip(energies, begun, strict=True), key=lambda pair: pair[0])
    if count <= ENUMERATED:
        energy = _enumerated(psi, connections, how, progress)
    else:
        energy = _sampled(psi, connections, how, progress)
    return NeuralState(energy, start, conserved, how.steps, psi, connections)


def _energy(
    psi: Wavefunction, connections: tuple[Connection, ...], how: ANTN, count: int
) -> Estimate:
    """Return the energy as it stands, exact where `count` configurations are enumerated."""
    if count > ENUMERATED:
        return _fresh(psi, connections, how)
    tree = beginnings(psi.n, psi.ones)
    vector = all_amplitudes(psi, tree).detach().numpy()
    energy = vector @ (matrix_of_terms(connections, tree.bits) @ vector) / (vector @ vector)
    return Estimate(float(energy), 0.0, 0, "enumeration")


def _wavefunction(chain: MPS, bond: int, ones: int | None, how: ANTN) -> Wavefunction:
    tensors = [np.real(tensor) for tensor in chain.canonical(0).tensors]
    tensors[0] = tensors[0] / np.linalg.norm(tensors[0])
    widest = max(bond, *(len(tensor) for tensor in tensors))
    seed = derived_seed(how.seed, "antn", "networks")
    return Wavefunction(tensors, widest, how.hidden, ones, seed)


def _estimate(values: NDArray[np.float64]) -> Estimate:
    stderr = float(values.std(ddof=1) / math.sqrt(len(values)))
    return Estimate(float(values.mean()), stderr, len(values), "sampling")


def _descent(psi: Wavefunction, how: ANTN) -> tuple[Any, Any]:
    adam = torch.optim.Adam(psi.parameters(), lr=how.rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, how.rate, total_steps=how.steps + 1)
    return adam, cycle


def _enumerated(
    psi: Wavefunction, connections: tuple[Connection, ...], how: ANTN, progress: bool | None
) -> Estimate:
    """Train on all configurations: E = ψᵀHψ and dE/dψ = 2 (Hψ - Eψ), both exact."""
    tree = beginnings(psi.n, psi.ones)
    matrix = matrix_of_terms(connections, tree.bits)
    adam, cycle = _descent(psi, how)
    lowest, best = math.inf, {}
    with progress_bar(how.steps, "antn", progress) as bar:
        for step in range(how.steps + 1):
            found = all_amplitudes(psi, tree)
            vector = found.detach().numpy()
            image = matrix @ vector
            energy = float(vector @ image / (vector @ vector))
            if energy < lowest:
                lowest, best = energy, {k: v.clone() for k, v in psi.state_dict().items()}
            if step == how.steps:
                break
            adam.zero_grad()
            found.backward(torch.from_numpy(2.0 * (image - energy * vector)))
            torch.nn.utils.clip_grad_norm_(psi.parameters(), how.clip)
            adam.step()
            cycle.step()
            bar.update()
    psi.load_state_dict(best)
    return Estimate(lowest, 0.0, 0, "enumeration")


def _sampled(
    psi: Wavefunction, connections: tuple[Connection, ...], how: ANTN, progress: bool | None
) -> Estimate:
    """Train on samples: dE = 2 ⟨(E_loc - E) d ln|ψ|⟩; the energy is that of fresh samples."""
    adam, cycle = _descent(psi, how)
    rng = generator(how.seed, "antn", "training")
    start = {k: v.clone() for k, v in psi.state_dict().items()}, _fresh(psi, connections, how)
    with progress_bar(how.steps, "antn", progress) as bar:
        for _ in range(how.steps):
            bits = psi.drawn(how.samples, rng)
            values, _ = local_energies(psi, connections, bits)
            logarithms = torch.log(psi(torch.from_numpy(bits)).abs())
            adam.zero_grad()
            away = torch.from_numpy(values - values.mean())
            (2.0 * (away * logarithms).mean()).backward()
            torch.nn.utils.clip_grad_norm_(psi.parameters(), how.clip)
            adam.step()
            cycle.step()
            bar.update()
    end = _fresh(psi, connections, how)
    if float(end) < float(start[1]):
        return end
    psi.load_state_dict(start[0])
    return start[1]


def _fresh(psi: Wavefunction, connections: tuple[Connection, ...], how: ANTN) -> Estimate:
    """Return the energy of samples that no step has seen."""
    bits = psi.drawn(8 * how.samples, generator(how.seed, "antn", "energy"))
    return _estimate(local_energies(psi, connections, bits)[0])

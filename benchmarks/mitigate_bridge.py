"""Absorbed noise and shaded light cones beside IBM's addons, on equal circuits and noise models.

Mirrored kicked Ising circuits (rotations about X, CZ on even and odd bonds, and all of it undone),
so that <Z> of every qubit is 1; noise as if learned, with rates of their own for all 15 Paulis of
every pair. The bias of an observable Õ is Tr(Õ ρ_noisy) - 1 without shots, by a propagation of
Õ through the noisy circuit, whose own cuts are bounded and shown. The addons run in an environment
of their own (`make bench-mitigate` builds it) and get the same terms; seconds are processor time of
one thread, theirs with the processes that they start.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from benchmarks import report
from qtn.mitigation import PauliNoise, lindblad_map
from qtn.mitigation.absorption.noisy_circuit import GateStep, NoiseStep, noisy_steps
from qtn.mitigation.absorption.operator_chain import absorb_chain
from qtn.mitigation.absorption.pauli_pass import absorb, written
from qtn.mitigation.absorption.shading import kept_terms, shades
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, generators_of, propagate

HERE = Path(__file__).parent
PYTHON = HERE / ".peers" / "bridge" / "bin" / "python"
MEAN_RATE = 3e-4  # of a Pauli of a gate: about 0.45 % of error per gate
TERMS = 1000  # strings of Õ, and of a carried generator of the noise
BIASES = (0.01, 0.05)
EXACT_TERMS = 2_000_000
SEEDS = (41, 42, 43)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirrored kicked Ising circuit with its noise."""

    qubits: int
    steps: int
    angle: float
    seed: int

    @property
    def name(self) -> str:
        return f"{self.qubits} qubits, {2 * self.steps} steps of {self.angle}"

    @property
    def bonds(self) -> dict[str, list[tuple[int, int]]]:
        return {
            name: [(q, q + 1) for q in range(start, self.qubits - 1, 2)]
            for name, start in (("even", 0), ("odd", 1))
        }

    @property
    def layers(self) -> list[list[Any]]:
        half: list[list[Any]] = []
        for _ in range(self.steps):
            half += [["rx", self.angle], *(["cz", b, name] for name, b in self.bonds.items())]
        back = [["rx", -one[1]] if one[0] == "rx" else one for one in reversed(half)]
        return half + back

    @property
    def circuit(self) -> QuantumCircuit:
        made = QuantumCircuit(self.qubits)
        for layer in self.layers:
            if layer[0] == "rx":
                made.rx(layer[1], range(self.qubits))
            else:
                for pair in layer[1]:
                    made.cz(*pair)
                made.barrier()
        return made

    @property
    def noise(self) -> PauliNoise:
        rng = np.random.default_rng(self.seed)
        pairs = [pair for bonds in self.bonds.values() for pair in bonds]
        return PauliNoise({("cz", pair): rng.exponential(MEAN_RATE, 15) for pair in pairs})

    @property
    def wanted(self) -> PauliSum:
        return PauliSum.from_terms([Term(1.0, ((self.qubits // 2, "Z"),))], self.qubits)

    def job(self, kind: str, **options: Any) -> dict[str, Any]:
        """What the addons get."""
        noise = {
            name: {
                side: [
                    [letters, [int(q) for q in places], float(rate)]
                    for letters, places, rate in lindblad_map(
                        self.noise, [("cz", b) for b in bonds], range(self.qubits), site=side
                    ).to_sparse_list()
                ]
                for side in ("before", "after")
            }
            for name, bonds in self.bonds.items()
        }
        return {
            "kind": kind, "n": self.qubits, "layers": self.layers, "noise": noise,
            "qubit": self.qubits // 2, **options,
        }  # fmt: skip


def peer(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run the addons on all jobs."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "jobs.json", Path(folder) / "out.json"
        given.write_text(json.dumps(list(jobs)), encoding="utf-8")
        command = [str(PYTHON), str(HERE / "peers" / "run_bridge.py"), str(given), str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
        return found


def noisy_value(
    dressed: PauliSum, steps: Sequence[GateStep | NoiseStep]
) -> tuple[float, float, float]:
    """Tr(Õ ρ_noisy), and what its propagation dropped: the bound, and for random signs."""
    circuit = generators_of(dressed.n, written(steps))
    made = propagate(dressed, circuit, max_terms=EXACT_TERMS, cutoff=1e-9)
    return made.kept.value(), made.dropped.values, made.dropped.trace


def of_labels(labels: Sequence[str], values: Sequence[float], n: int) -> PauliSum:
    """Strings as Qiskit writes them as a sum."""
    terms = [
        Term(float(c), tuple((q, a) for q, a in enumerate(reversed(one)) if a != "I"))
        for one, c in zip(labels, values, strict=True)
    ]
    return PauliSum.from_terms(terms, n)


def add_rows(table: report.Table) -> None:
    """All rows of the bridge."""
    absorb(Mirror(4, 1, 0.3, 0).wanted, noisy_steps(Mirror(4, 1, 0.3, 0).circuit,
           Mirror(4, 1, 0.3, 0).noise), max_terms=5)  # fmt: skip
    for shape in ((10, 6, 0.6), (20, 5, 0.5), (30, 4, 0.4)):
        add_absorbed(table, [Mirror(*shape, seed) for seed in SEEDS])
    add_chain(table, Mirror(10, 2, 0.6, SEEDS[0]))
    for shape in ((10, 3, 0.6), (20, 4, 0.4)):
        add_shaded(table, Mirror(*shape, SEEDS[0]))


def add_absorbed(table: report.Table, mirrors: Sequence[Mirror]) -> None:
    """Bias and seconds of Õ with equally many strings, root mean square over the noise models."""
    name, seconds = mirrors[0].name, 0.0
    biases, bounds, raw, doubts = [], [], [], []
    for one in mirrors:
        steps = noisy_steps(one.circuit, one.noise)
        found: list[Any] = []
        seconds += report.cpu_seconds(
            lambda: found.append(absorb(one.wanted, steps, max_terms=TERMS - 1))  # noqa: B023
        )
        (made,) = found
        labels = one.wanted.labels() + made.added.labels()
        values = [*one.wanted.coefficients, *made.added.coefficients]
        value, lost, typical = noisy_value(of_labels(labels, values, one.qubits), steps)
        biases.append(value - 1)
        bounds.append(made.bound + lost)
        raw.append(noisy_value(one.wanted, steps)[0] - 1)
        doubts.append((lost, typical))
    ours = rms(biases)
    held = all(abs(b) <= c for b, c in zip(biases, bounds, strict=True))
    note = (
        f"root mean square of {len(mirrors)} noise models, raw {rms(raw):.3f}; bound "
        f"{max(bounds):.2g} {'holds' if held else 'DOES NOT HOLD'}; bias known to {worst(doubts)}"
    )
    if not PYTHON.exists():
        table.at_most(f"PNA, {name}: bias at {TERMS} strings", ours, 0.01, note=note)
        table.absent(f"PNA, {name}", "qiskit-addon-pna", "no environment of its own")
        return
    results = peer([one.job("pna", err_terms=TERMS, obs_terms=TERMS) for one in mirrors])
    theirs, doubts = [], []
    for one, r in zip(mirrors, results, strict=True):
        dressed = of_labels(r["labels"], r["coefficients"], one.qubits)
        value, *doubt = noisy_value(dressed, noisy_steps(one.circuit, one.noise))
        theirs.append(value - 1)
        doubts.append(doubt)
    table.at_most(f"PNA, {name}: bias at {TERMS} strings", ours, rms(theirs), peer=rms(theirs),
                  peer_name="qiskit-addon-pna 0.2",
                  note=f"{note}, theirs to {worst(doubts)}")  # fmt: skip
    spent = sum(r["cpu"] for r in results)
    table.at_most(f"PNA, {name}: CPU seconds", seconds, spent, peer=spent, unit="s",
                  peer_name="qiskit-addon-pna 0.2",
                  note=f"on the clock theirs {sum(r['wall'] for r in results):.1f} s")  # fmt: skip


def add_chain(table: report.Table, mirror: Mirror) -> None:
    """The same observable by a matrix product operator."""
    steps = noisy_steps(mirror.circuit, mirror.noise)
    sites = range(mirror.qubits)
    letters = {mirror.qubits // 2: "Z"}
    found: list[Any] = []
    seconds = report.cpu_seconds(
        lambda: found.append(absorb_chain(letters, steps, sites, max_bond=64))
    )
    (made,) = found
    exact = absorb(mirror.wanted, steps, max_terms=10**6)
    own = dict(zip(exact.added.labels(), exact.added.coefficients, strict=True))
    worst = 0.0
    for one in sorted(own, key=lambda one: -abs(own[one]))[:300]:
        row = np.ones(1)
        for letter, tensor in zip(reversed(one), made.tensors, strict=True):
            row = row @ tensor[:, "IXYZ".index(letter)]
        given = 1.0 if one == mirror.wanted.labels()[0] else 0.0
        worst = max(worst, abs(float(row[0]) - own[one] - given))
    table.at_most(f"PNA by MPO of bond 64, {mirror.name}: error of a coefficient", worst, 1e-6,
                  note=f"the 300 largest beside the exact sum of strings; bound {made.bound:.2g}; "
                  f"{seconds:.2f} CPU s")  # fmt: skip


def add_shaded(table: report.Table, mirror: Mirror) -> None:
    """What cancellation costs at a bias, and the seconds of the bounds."""
    steps = noisy_steps(mirror.circuit, mirror.noise)
    rates = np.array([r for s in steps if isinstance(s, NoiseStep) for r in s.terms.values()])
    shades(mirror.wanted, steps, max_terms=10)
    found: list[Any] = []
    seconds = report.cpu_seconds(lambda: found.append(shades(mirror.wanted, steps)))
    costs = [float(np.exp(4 * rates[kept_terms(found, rates, b)[0]].sum())) for b in BIASES]
    raw = 1 - noisy_value(mirror.wanted, steps)[0]
    whole = float(np.exp(4 * rates.sum()))
    note = f"unshaded {whole:.1f}; bias without cancellation {raw:.3f}, bound {found[0].bias:.3f}"
    name = f"Shaded PEC, {mirror.name}"
    if not PYTHON.exists():
        table.absent(name, "qiskit-addon-slc", "no environment of its own")
        return
    (theirs,) = peer([mirror.job("slc", terms=10_000, eigval_qubits=14, speed_limit=True,
                                 biases=list(BIASES))])  # fmt: skip
    for bias, ours, other in zip(BIASES, costs, theirs["costs"], strict=True):
        table.at_most(f"{name}: γ² at a bias of {bias}", ours, 1.01 * other, peer=other,
                      peer_name="qiskit-addon-slc 0.2",
                      note=f"{note}, theirs {theirs['bias']:.3f}")  # fmt: skip
    table.at_most(f"{name}: CPU seconds of the bounds", seconds, theirs["cpu"], unit="s",
                  peer=theirs["cpu"], peer_name="qiskit-addon-slc 0.2",
                  note=f"on the clock theirs take {theirs['wall']:.1f} s")  # fmt: skip


def worst(doubts: Sequence[Sequence[float]]) -> str:
    """The largest bounds and typical errors of references, in words."""
    bound, typical = np.max(np.array(doubts), axis=0)
    return f"{bound:.1g} at most, {typical:.1g} for random signs"


def rms(values: Sequence[float]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(values))))

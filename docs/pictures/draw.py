"""The pictures of the rooms and of README.md, drawn from objects that are made here.

    .venv/bin/python docs/pictures/draw.py            # all, under two minutes of one core
    .venv/bin/python docs/pictures/draw.py aqc data   # some

Every picture is made with fixed seeds, so that it changes only where the package does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from qiskit import QuantumCircuit

import qtn
from qtn.verification import Limits

mpl.use("Agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).resolve().parent
BLUE, ORANGE, GREY = "#1f6fb4", "#d97706", "#6b7280"
DRAWN: dict[str, Callable[[], plt.Figure]] = {}


def drawn(function: Callable[[], plt.Figure]) -> Callable[[], plt.Figure]:
    """Register the function of a picture under its name."""
    DRAWN[function.__name__] = function
    return function


def axes(width: float = 6.4, height: float = 2.8) -> tuple[plt.Figure, plt.Axes]:
    """Return a figure with one pair of axes."""
    figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return figure, ax


@drawn
def data() -> plt.Figure:
    """Rows as images: the test rows of two classes."""
    rows = qtn.load_digits(size=4, classes=(3, 8), seed=0)
    figure, grid = plt.subplots(2, 10, figsize=(6.4, 1.5), layout="constrained")
    for label, line in zip((3, 8), grid, strict=True):
        for ax, row in zip(line, rows.x_test[rows.y_test == label], strict=False):
            ax.imshow(row.reshape(4, 4), cmap="Greys", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
        line[0].set_ylabel(str(label), rotation=0, labelpad=10, va="center")
    return figure


@drawn
def models() -> plt.Figure:
    """Training curves of three bonds on held-out rows."""
    rows = qtn.load_digits(size=4, classes=(3, 8), seed=0)
    figure, ax = axes()
    for bond, colour in zip((2, 4, 8), (GREY, ORANGE, BLUE), strict=True):
        model = qtn.MPSClassifier(bond=bond, epochs=30, seed=0, progress=False)
        model.fit(rows.x_train, rows.y_train)
        losses = model.history_["loss"]
        ax.semilogy(range(1, len(losses) + 1), losses, color=colour, label=f"bond {bond}")
    ax.set(xlabel="epoch", ylabel="loss on training rows", title="Digits 3 and 8 at 4 × 4")
    ax.legend(frameon=False)
    return figure


@drawn
def physics() -> plt.Figure:
    """A domain wall that melts: ⟨Z⟩ of every site in time."""
    model, wall = qtn.chain("xx", 20), "1" * 10 + "0" * 10
    state, profile = qtn.product_state(wall, 20), []
    for _ in range(25):
        profile.append([_z(state, site) for site in range(20)])
        state = qtn.evolve(model, state, 0.4, progress=False)
    figure, ax = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
    picture = ax.imshow(
        np.array(profile).T, aspect="auto", cmap="RdBu", vmin=-1, vmax=1, extent=(0, 10, 19.5, -0.5)
    )
    ax.set(xlabel="time", ylabel="site", title="A domain wall in the XX chain")
    figure.colorbar(picture, label="⟨Z⟩")
    return figure


def _z(state: qtn.MPS, site: int) -> float:
    """Return ⟨Z⟩ of one site."""
    tensor = state.canonical(site).tensors[site]
    weights = np.sum(np.abs(tensor) ** 2, axis=(0, 2))
    return float((weights[0] - weights[1]) / weights.sum())


@drawn
def states() -> plt.Figure:
    """Entanglement of a ground state and of an evolved state, cut by cut."""
    ground = qtn.ground_state(qtn.chain("tfim", 32), max_bond=32, progress=False)
    quench = qtn.evolve(qtn.chain("heisenberg", 32), "neel", 1.5, progress=False)
    figure, ax = axes()
    ax.plot(
        range(1, 32),
        ground.entropies(),
        "o-",
        color=BLUE,
        ms=3,
        label="critical Ising, ground state",
    )
    ax.plot(range(1, 32), quench.entropies(), "o-", color=ORANGE, ms=3, label="Heisenberg, t = 1.5")
    ax.set(xlabel="cut", ylabel="entropy, nats", ylim=(0, None))
    ax.legend(frameon=False)
    return figure


@drawn
def interop() -> plt.Figure:
    """One state read from Qiskit, quimb and an array: the same amplitudes."""
    circuit = QuantumCircuit(3)
    circuit.ry(0.6, 0)
    circuit.cx(0, 1)
    circuit.ry(1.1, 2)
    circuit.cx(1, 2)
    own = qtn.compile(circuit, progress=False)
    state = qtn.MPS.from_dense(np.asarray(_amplitudes(own.circuit)))
    forms = {
        "Qiskit": _amplitudes(circuit),
        "quimb": qtn.MPS.from_quimb(state.to_quimb()).to_dense(),
    }
    figure, ax = axes()
    for shift, (name, values) in enumerate(forms.items()):
        ax.bar(np.arange(8) + 0.4 * shift - 0.2, np.abs(values) ** 2, 0.38, label=name)
    ax.set_xticks(range(8), [f"{k:03b}" for k in range(8)])
    ax.set(xlabel="bits as Qiskit prints them (qubit 0 right)", ylabel="probability")
    ax.legend(frameon=False)
    return figure


def _amplitudes(circuit: QuantumCircuit) -> np.ndarray:
    """Return the amplitudes of a circuit in Qiskit's order."""
    from qiskit.quantum_info import Statevector

    return np.asarray(Statevector(circuit).data)


@drawn
def aqc() -> plt.Figure:
    """The front of a compilation: what so many gates can do."""
    quench = qtn.evolve(qtn.chain("heisenberg", 20), "neel", 2.0, progress=False)
    short = qtn.compile(quench, qtn.Auto(infidelity=1e-3), seed=0, progress=False)
    figure, ax = axes()
    points = short.pareto
    ax.semilogy(
        [p.two_qubit_gates for p in points], [p.infidelity for p in points], "o-", color=BLUE, ms=4
    )
    ax.semilogy(short.two_qubit_gates, short.infidelity, "o", color=ORANGE, ms=9, label="returned")
    ax.axhline(1e-3, color=GREY, lw=0.8, ls="--", label="goal")
    ax.set(xlabel="CX", ylabel="infidelity", title="Heisenberg quench, 20 sites, t = 2")
    ax.legend(frameon=False)
    return figure


@drawn
def devices() -> plt.Figure:
    """Counts without noise and on a noisy device."""
    ghz = QuantumCircuit(4)
    ghz.h(0)
    for k in range(3):
        ghz.cx(k, k + 1)
    figure, ax = axes()
    words = [f"{k:04b}" for k in range(16)]
    for shift, (device, colour) in enumerate((("aer", BLUE), ("FakeManilaV2", ORANGE))):
        counts = qtn.run(ghz, device=device, shots=4096, seed=1, progress=False).counts()
        shares = np.array([counts.get(word, 0) for word in words]) / 4096
        errors = np.sqrt(shares * (1 - shares) / 4096)
        ax.bar(
            np.arange(16) + 0.4 * shift - 0.2, shares, 0.38, yerr=errors, color=colour, label=device
        )
    ax.set_xticks(range(16), words, rotation=60, fontsize=8)
    ax.set(ylabel="share of 4,096 shots")
    ax.legend(frameon=False)
    return figure


@drawn
def mitigation() -> plt.Figure:
    """A value without noise, as measured, and after mitigation."""
    quench = qtn.evolve(qtn.chain("tfim", 5), "zeros", 0.8, progress=False)
    circuit = qtn.compile(quench, qtn.Brickwall(layers=4), progress=False).circuit
    exact = qtn.verify(circuit, observables="ZZIII").values[0]
    chosen = {"nothing": (), "Readout": [qtn.Readout()], "Readout, ZNE": [qtn.Readout(), qtn.ZNE()]}
    chosen["auto"] = "auto"
    figure, ax = axes()
    for place, techniques in enumerate(chosen.values()):
        found = qtn.mitigate(
            circuit, "ZZIII", techniques, device="FakeManilaV2", shots=20_000, progress=False
        )
        ax.errorbar(
            place, float(found.value), 1.96 * float(found.stderr), fmt="o", color=BLUE, capsize=3
        )
    ax.axhline(float(np.real(getattr(exact, "value", exact))), color=ORANGE, label="exact")
    ax.set_xticks(range(len(chosen)), chosen)
    ax.set(ylabel="⟨Z₃Z₄⟩, 95 %", xlim=(-0.5, len(chosen) - 0.5))
    ax.legend(frameon=False)
    return figure


@drawn
def verification() -> plt.Figure:
    """Intervals of a fidelity: what is certified with which bond."""
    quench = qtn.evolve(qtn.chain("heisenberg", 24), "neel", 1.5, progress=False)
    circuit = qtn.compile(quench, qtn.Brickwall(layers=5), progress=False).circuit
    bonds, figure_ax = (4, 8, 12, 16, 24, 32, 64), axes()
    figure, ax = figure_ax
    for place, bond in enumerate(bonds):
        check = qtn.verify(circuit, quench, limits=Limits(max_bond=bond), method="chain")
        low, high = check.low, check.high
        colour = BLUE if check.rigorous else ORANGE
        ax.plot((place, place), (low, high), "_-", color=colour, ms=10, lw=3)
        ax.plot(place, check.fidelity, "o", color=colour, ms=4)
    ax.plot([], [], color=BLUE, lw=3, label="bound")
    ax.plot([], [], color=ORANGE, lw=3, label="estimate")
    ax.set_xticks(range(len(bonds)), bonds)
    ax.set(xlabel="largest bond allowed", ylabel="fidelity")
    ax.legend(frameon=False)
    return figure


def _digits() -> tuple[qtn.Dataset, qtn.MPSClassifier, qtn.QuantumClassifier]:
    rows = qtn.load_digits(size=4, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(bond=8, seed=0, progress=False).fit(rows.x_train, rows.y_train)
    noise = {"device": "FakeAlgiers", "mitigation": [qtn.Readout(), qtn.ZNE()]}
    return rows, model, qtn.deploy(model, qtn.Staircase(layers=1), progress=False, **noise)


@drawn
def hybrid() -> plt.Figure:
    """Scores of a class: of the trained model, and measured with noise."""
    rows, _, quantum = _digits()
    x = rows.x_test[:20]
    ideal, found = quantum.ideal_scores(x), quantum.scores(x)
    ideal = np.asarray(getattr(ideal, "value", ideal))
    figure, ax = axes(height=3.2)
    for label, colour in ((0, BLUE), (1, ORANGE)):
        ax.errorbar(
            ideal[:, label], found.value[:, label], found.stderr[:, label], fmt="o", ms=4,
            color=colour, label=f"score of {label}",
        )  # fmt: skip
    top = float(ideal.max())
    ax.plot((0, top), (0, top), color=GREY, lw=0.8)
    ax.set(xlabel="circuit without noise", ylabel="FakeAlgiers, mitigated")
    ax.legend(frameon=False)
    return figure


@drawn
def reports() -> plt.Figure:
    """Accuracies with their intervals, step by step."""
    rows, model, quantum = _digits()
    table = qtn.compare(
        model, quantum, rows.x_test[:40], rows.y_test[:40],
        train=(rows.x_train, rows.y_train), progress=False,
    )  # fmt: skip
    figure, ax = axes(height=3.0)
    for place, row in enumerate(reversed(table.rows)):
        low, high = row.measures[0].low, row.measures[0].high
        ax.plot((low, high), (place, place), color=BLUE, lw=2)
        ax.plot(row.measures[0].value, place, "o", color=BLUE)
    ax.set_yticks(range(len(table.rows)), [row.name for row in reversed(table.rows)])
    ax.set(xlabel="accuracy on 40 test rows, 95 %")
    return figure


@drawn
def applications() -> plt.Figure:
    """A distribution loaded on six qubits, and the density it stands for."""
    from scipy.stats import lognorm

    loaded = qtn.load_distribution("lognorm(.5)", 6)
    short = qtn.compile(loaded.state, qtn.Auto(infidelity=1e-4), progress=False)
    weights = np.abs(_amplitudes(short.circuit)) ** 2
    low, high = lognorm(0.5).ppf([0.001, 0.999])
    width = (high - low) / 64
    middles = low + width * (np.arange(64) + 0.5)
    figure, ax = axes()
    ax.bar(
        middles,
        weights / width,
        width,
        color=BLUE,
        alpha=0.6,
        label=f"circuit of {short.two_qubit_gates} CX",
    )
    ax.plot(middles, lognorm(0.5).pdf(middles), color=ORANGE, label="lognormal density")
    ax.set(xlabel="x")
    ax.legend(frameon=False)
    return figure


@drawn
def chain() -> plt.Figure:
    """The chain of rooms, with what goes from one to the next."""
    figure, ax = plt.subplots(figsize=(9.5, 1.9), layout="constrained")
    rooms = (
        "data", "models", "states", "aqc", "devices",
        "mitigation", "verification", "hybrid", "reports",
    )  # fmt: skip
    gives = ("rows", "fit", "MPS, TTN", "compile", "run", "mitigate", "verify", "deploy", "compare")
    for k, (room, what) in enumerate(zip(rooms, gives, strict=True)):
        ax.text(k, 0, room, ha="center", va="center", fontsize=8.5, color="white", weight="bold",
                bbox={"boxstyle": "round,pad=0.4", "fc": BLUE, "ec": "none"})  # fmt: skip
        ax.text(k, -0.36, what, ha="center", va="center", fontsize=8, color=GREY)
        if k:
            ax.text(k - 0.5, 0, "›", ha="center", va="center", fontsize=13, color=GREY)
    for x, text in (
        (2, "physics\nHamiltonian → state"),
        (5.5, "applications: problems solved with all of these"),
    ):
        ax.text(x, -0.92, text, ha="center", va="center", fontsize=8, color="white",
                bbox={"boxstyle": "round,pad=0.35", "fc": ORANGE, "ec": "none"})  # fmt: skip
    ax.annotate("", (2, -0.46), (2, -0.66), arrowprops={"arrowstyle": "->", "color": GREY})
    ax.set(xlim=(-0.6, 8.6), ylim=(-1.25, 0.3))
    ax.axis("off")
    return figure


def main(names: list[str]) -> None:
    """Draw the pictures of these names, or all."""
    for name in names or DRAWN:
        figure = DRAWN[name]()
        figure.savefig(HERE / f"room_{name}.png", dpi=120, metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])

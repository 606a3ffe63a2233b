"""Learning: accuracy, speed and density of our models, with peers in the same run.

python -m benchmarks.learn                  every row
python -m benchmarks.learn --only speed bas  some rows (their section is then partial)
"""

from __future__ import annotations

from benchmarks import report

report.pin_threads(1)

import argparse  # noqa: E402
import itertools  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks import learn_data, learn_peers  # noqa: E402
from qtn.data import load_digits  # noqa: E402
from qtn.models import MPSBornMachine, MPSClassifier, TTNClassifier, explain  # noqa: E402
from qtn.states import MPS  # noqa: E402

# The strongest recipe on images of many pixels: plain amplitudes of (1, x, x²), cross-entropy.
CHAIN = {"features": "polynomial", "loss": "softmax", "generative": 0.0, "learning_rate": 2e-3}
BATCH = 128
SPEED_ROWS = 2560


def speed(table: report.Table) -> None:
    """CPU seconds per epoch of a chain of bond 10, paired with TensorKrowch."""
    reason = learn_peers.install() or learn_data.missing("mnist")
    table.absent("CPU time per epoch, TorchMPS", "TorchMPS", "not on the package index")
    if reason:
        table.absent("CPU time per epoch, MNIST", "TensorKrowch", reason)
        return
    for factor, bar in ((2, 5.0), (1, 8.0)):
        x, y, _, _ = learn_data.images("mnist", factor)
        rows, labels = x[:SPEED_ROWS], y[:SPEED_ROWS]
        peer = learn_peers.TensorKrowch(x.shape[1], 10, 10, BATCH)
        features, targets = peer.features(rows), torch.tensor(labels)
        ours = MPSClassifier(10, epochs=1, batch_size=BATCH, **CHAIN)
        pair = report.paired_medians(
            lambda m=ours, a=rows, b=labels: m.fit(a, b),
            lambda m=peer, a=features, b=targets: m.epoch(a, b, BATCH),
            repeats=3,
        )
        scale = len(x) / SPEED_ROWS
        whole = report.Paired(pair.ours * scale, pair.peer * scale, pair.ratio)
        side = 28 // factor
        note = f"{SPEED_ROWS} images timed, scaled to 60,000; ours includes start and checks"
        job = f"CPU time per epoch, MNIST {side}x{side}, bond 10"
        table.speed(job, whole, at_least=bar, peer="TensorKrowch", note=note)


def digits(table: report.Table) -> None:
    """Mean test accuracy of three splits of scikit-learn's digits, last epoch."""
    chain8 = lambda s: MPSClassifier(  # noqa: E731
        10, epochs=60, batch_size=64, seed=s, shape=(8, 8), **CHAIN
    )
    tree8 = lambda s: TTNClassifier(  # noqa: E731
        12, shape=(8, 8), shifts=1, epochs=80, batch_size=64, seed=s
    )
    tree4 = lambda s: TTNClassifier(  # noqa: E731
        16, shape=(4, 4), loss="born", epochs=80, batch_size=64, learning_rate=5e-3, seed=s
    )
    table.at_least("digits 8x8, chain bond 10", _splits(8, chain8), 0.980, peer=0.978,
                   peer_name="TensorKrowch*")  # fmt: skip
    table.at_least("digits 8x8, best (tree, shifts)", _splits(8, tree8), 0.985, peer=0.978,
                   peer_name="TensorKrowch*")  # fmt: skip
    table.at_least("digits 4x4, best (tree)", _splits(4, tree4), 0.94, peer=0.924,
                   peer_name="TensorKrowch*")  # fmt: skip
    table.note("* figures of an earlier run on the same splits sizes, not of this run.")


def _splits(size: int, build: Callable[[int], TTNClassifier | MPSClassifier]) -> float:
    out = []
    for seed in range(3):
        data = load_digits(size, "all", test_fraction=0.2, seed=seed)
        model = build(seed).fit(data.x_train, data.y_train)
        out.append(model.score(data.x_test, data.y_test))
    return float(np.mean(out))


def isometric(table: report.Table) -> None:
    """Trees that are circuits, no post-selection."""
    data = load_digits(4, "all", test_fraction=0.2, seed=0)
    model = TTNClassifier(
        4, shape=(4, 4), isometric=True, epochs=80, batch_size=64, learning_rate=1e-2
    )
    model.fit(data.x_train, data.y_train)
    accuracy = model.score(data.x_test, data.y_test)
    # A dxd orthogonal matrix has d(d-1)/2 free angles.
    sizes = [p.shape for p in model.network_.parameters()]
    angles = sum(count * d * (d - 1) // 2 for count, d, _ in sizes)
    note = f"{angles} angles, success probability 1 (nothing is post-selected)"
    table.at_least("isometric tree, digits 4x4, 10 classes", accuracy, 0.925, note=note)


def mnist_chain(table: report.Table) -> None:
    """Chain of bond 10, 10 epochs, MNIST 14x14."""
    if reason := learn_data.missing("mnist"):
        table.absent("MNIST 14x14, chain bond 10", "data", reason)
        return
    x, y, x_test, y_test = learn_data.images("mnist", 2)
    start = time.process_time()
    model = MPSClassifier(10, epochs=10, batch_size=BATCH, **CHAIN).fit(x, y)
    seconds = time.process_time() - start
    table.at_least("MNIST 14x14, chain bond 10, 10 epochs", model.score(x_test, y_test), 0.983)
    table.at_most("… CPU seconds of its training", seconds, 30.0, unit="s")


def mnist_tree(table: report.Table) -> None:
    """Tree with data-driven start and shifts, MNIST 14x14."""
    if reason := learn_data.missing("mnist"):
        table.absent("MNIST 14x14, tree", "data", reason)
        return
    x, y, x_test, y_test = learn_data.images("mnist", 2)
    start = time.process_time()
    model = TTNClassifier(20, shape=(14, 14), shifts=1, epochs=16).fit(x, y)
    minutes = (time.process_time() - start) / 60
    table.at_least("MNIST 14x14, best (tree, shifts)", model.score(x_test, y_test), 0.992)
    table.at_most("… CPU minutes of its training", minutes, 10.0, unit="min")


def bas(table: report.Table) -> None:
    """Bars and stripes 4x4 from ten starts."""
    lines = [[(k >> i) & 1 for i in range(4)] for k in range(16)]
    images = {tuple(np.repeat(v, 4)) for v in lines} | {tuple(np.tile(v, 4)) for v in lines}
    rows = np.array(sorted(images))
    start = time.process_time()
    gaps = [-MPSBornMachine(16, seed=seed).fit(rows).score(rows) - np.log(30) for seed in range(10)]
    seconds = (time.process_time() - start) / 10
    table.at_most("bars and stripes 4x4, worst of 10 starts", max(gaps), 1e-3, unit="nats")
    table.at_most("… CPU seconds per start", seconds, 1.0, unit="s")


def binary_mnist(table: report.Table) -> None:
    """Density of the 1,000 binarised images at bond 20, bounded by five CPU minutes."""
    if reason := learn_data.missing("mnist1k-binary"):
        table.absent("1,000 binarised MNIST images, bond 20", "data", reason)
        return
    with np.load(learn_data.FOLDER / "mnist1k-binary" / "mnist28_127.5.npz") as file:
        rows, test = (file[k].reshape(-1, 784).astype(int) for k in ("data", "data_test"))
    start = time.process_time()
    model = MPSBornMachine(20, sweeps=40, polish=4, fraction=0.15, cutoff=1e-7).fit(rows)
    minutes = (time.process_time() - start) / 60
    note = f"test {-model.score(test):.1f} nats, {len(model.history_['loss'])} sweeps"
    job = "1,000 binarised MNIST images, bond 20"
    table.at_most(job, -model.score(rows), 77.1, unit="nats", note=note)
    table.at_most("… CPU minutes of its fit", minutes, 5.0, unit="min")


def information(table: report.Table) -> None:
    """Mutual information of all pairs of 64 sites."""
    rng = np.random.default_rng(0)
    bonds = [1, *[16] * 63, 1]
    tensors = tuple(rng.normal(size=(a, 2, b)) for a, b in itertools.pairwise(bonds))
    state = MPS(tensors).normalised()
    seconds = report.cpu_seconds(lambda: explain.mutual_information(state))
    table.at_most("mutual information matrix, 64 sites, bond 16", seconds, 1.0, unit="s")


JOBS: dict[str, Callable[[report.Table], None]] = {
    "speed": speed,
    "bas": bas,
    "information": information,
    "isometric": isometric,
    "digits": digits,
    "mnist_chain": mnist_chain,
    "binary_mnist": binary_mnist,
    "mnist_tree": mnist_tree,
}


def main() -> None:
    """Run the jobs named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=sorted(JOBS), default=list(JOBS))
    chosen = parser.parse_args().only
    torch.set_num_threads(1)
    with report.table("learn", "Learning", ("numpy", "numba", "torch", "scikit-learn")) as table:
        if set(chosen) != set(JOBS):
            table.note(f"Only these jobs were run: {', '.join(chosen)}.")
        for name in JOBS:
            if name in chosen:
                JOBS[name](table)


if __name__ == "__main__":
    main()

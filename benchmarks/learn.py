"""Learning: accuracy, speed and density of our models, with peers in the same run."""

from __future__ import annotations

import itertools

import numpy as np
import torch

from benchmarks import (
    learn_circuits,
    learn_data,
    learn_defaults,
    learn_densities,
    learn_density,
    learn_images,
    learn_peers,
    learn_tables,
    parts,
    report,
)
from qtn.models import MPSClassifier
from qtn.models.explain.information import mutual_information
from qtn.states import MPS

BATCH = 128
SPEED_ROWS = 2560


def speed(table: report.Table) -> None:
    """CPU seconds per epoch of a chain of bond 10, paired with TensorKrowch."""
    reason = learn_peers.install() or learn_data.missing("mnist")
    table.absent("CPU time per epoch, TorchMPS", "TorchMPS", "not on the package index")
    if reason:
        table.absent("CPU time per epoch, MNIST", "TensorKrowch", reason)
        return
    for factor, bar, torchmps, wanted in ((2, 5.0, 0.71, 3.5), (1, 8.0, 0.67, 5.0)):
        x, y, _, _ = learn_data.images("mnist", factor)
        rows, labels = x[:SPEED_ROWS], y[:SPEED_ROWS]
        peer = learn_peers.TensorKrowch(x.shape[1], 10, 10, BATCH)
        features, targets = peer.features(rows), torch.tensor(labels)
        ours = MPSClassifier(10, epochs=1, batch_size=BATCH, **learn_images.CHAIN)
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
        # TorchMPS over TensorKrowch, both measured on one idle machine from TorchMPS's source.
        note = f"inferred: TorchMPS takes {torchmps:.2f} of TensorKrowch's time*; wanted {wanted}x"
        table.inform("… over TorchMPS", "-", ratio=f"{pair.ratio * torchmps:.1f}x", note=note)


def information(table: report.Table) -> None:
    """Mutual information of all pairs of 64 sites."""
    rng = np.random.default_rng(0)
    bonds = [1, *[16] * 63, 1]
    tensors = tuple(rng.normal(size=(a, 2, b)) for a, b in itertools.pairwise(bonds))
    state = MPS(tensors).normalised()
    seconds = report.cpu_seconds(lambda: mutual_information(state))
    table.at_most("mutual information matrix, 64 sites, bond 16", seconds, 1.0, unit="s")


JOBS: dict[str, parts.Job] = {
    "speed": speed,
    **learn_images.JOBS,
    **learn_circuits.JOBS,
    **learn_density.JOBS,
    **learn_densities.JOBS,
    **learn_tables.JOBS,
    **learn_defaults.JOBS,
    "information": information,
}


if __name__ == "__main__":
    whole = report.Table("learn", "Learning", ("numpy", "numba", "torch", "scikit-learn"))
    whole.notes.append("* figures measured earlier on splits of the same sizes, not in this run.")
    parts.main(whole, JOBS, first=lambda: torch.set_num_threads(1))

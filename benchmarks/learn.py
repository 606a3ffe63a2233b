"""Learning: accuracy, speed and density of our models, with peers in the same run.

python -m benchmarks.learn                   every row
python -m benchmarks.learn --only speed bas  some rows; the others are taken from earlier runs
"""

from __future__ import annotations

from benchmarks import report

report.pin_threads(1)

import argparse  # noqa: E402
import dataclasses  # noqa: E402
import itertools  # noqa: E402
import json  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from benchmarks import (  # noqa: E402
    learn_circuits,
    learn_data,
    learn_density,
    learn_images,
    learn_peers,
    learn_tables,
)
from qtn.models import MPSClassifier  # noqa: E402
from qtn.models.explain import attribution as explain  # noqa: E402
from qtn.states import MPS  # noqa: E402

BATCH = 128
SPEED_ROWS = 2560
# Rows of earlier runs, one entry per job: a whole table takes most of an hour.
STORE = Path(__file__).parent / ".peers" / "learn-rows.json"


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
    seconds = report.cpu_seconds(lambda: explain.mutual_information(state))
    table.at_most("mutual information matrix, 64 sites, bond 16", seconds, 1.0, unit="s")


JOBS: dict[str, Callable[[report.Table], None]] = {
    "speed": speed,
    **learn_images.JOBS,
    **learn_circuits.JOBS,
    **learn_density.JOBS,
    **learn_tables.JOBS,
    "information": information,
}


def main() -> None:
    """Run the jobs named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=sorted(JOBS), default=list(JOBS))
    chosen = parser.parse_args().only
    torch.set_num_threads(1)
    packages = ("numpy", "numba", "torch", "scikit-learn")
    with report.table("learn", "Learning", packages) as table:
        for name in (name for name in JOBS if name in chosen):
            before = len(table.rows)
            JOBS[name](table)
            _keep(name, table.rows[before:])
        stored = json.loads(STORE.read_text(encoding="utf-8"))
        table.rows.clear()
        table.rows.extend(
            report.Row(**row) for name in JOBS for row in stored.get(name, {}).get("rows", [])
        )
        if missing := [name for name in JOBS if name not in stored]:
            table.note(f"Jobs never run: {', '.join(missing)}.")
        parts = [f"{n} ({stored[n]['stamp']})" for n in JOBS if n in stored and n not in chosen]
        if parts:
            table.note(f"Measured in earlier runs: {'; '.join(parts)}.")
        table.note("* figures measured earlier on splits of the same sizes, not in this run.")


def _keep(name: str, rows: list[report.Row]) -> None:
    # Read again: several parts may run at the same time.
    stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
    stamp = report.provenance(()).split(", Intel")[0].split(", AMD")[0]
    stored[name] = {"stamp": stamp, "rows": [dataclasses.asdict(row) for row in rows]}
    STORE.parent.mkdir(parents=True, exist_ok=True)
    STORE.write_text(json.dumps(stored, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

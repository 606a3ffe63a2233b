"""`qtn demo`: the main job from data to report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.files import labels_to_keep
from qtn.cli.groups import Classes, Json, Seed, Shots
from qtn.cli.output import show


def make_demo(
    classes: Classes = None,
    size: Annotated[int, typer.Option(help="Pixels per side: 2, 4 or 8; a qubit each.")] = 4,
    seed: Seed = 0,
    shots: Shots = 4096,
    device: Annotated[
        str | None, typer.Option(help="Device; default: a fake backend that is large enough.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write; made if missing.")] = Path("out/demo"),
    as_json: Json = False,
) -> None:
    """Train, compile, refine, run with noise, mitigate, verify, compare: under a minute.

    \b
    Examples:
      qtn demo
      qtn demo --classes 3,8 --seed 1 --out out/three-eight
      qtn demo --classes 0,1 --json
    """
    from qtn.reports import run_demo

    result = run_demo(
        out,
        classes=labels_to_keep(classes),
        size=size,
        seed=seed,
        shots=shots,
        device=device,
        progress=False if as_json else None,
    )
    comparison = result.comparison
    checks = [
        {"label": int(label), "fidelity": c.fidelity, "low": c.low, "high": c.high}
        for label, c in zip(comparison.quantum.classes, comparison.checks, strict=False)
    ]
    files = {role: str(path) for role, path in result.files.items()}
    lines = [str(comparison), ""]
    lines += [
        f"class {c['label']}: fidelity recomputed {c['fidelity']:.9f} "
        f"in [{c['low']:.9f}, {c['high']:.9f}]"
        for c in checks
    ]
    lines += ["", *(f"{role:8} {path}" for role, path in files.items())]
    lines += [f"{result.seconds:.0f} s in all"]
    measured = {"seconds": result.seconds}
    show(
        {**comparison.to_dict(), "checks": checks, "files": files, "measured": measured},
        lines,
        as_json,
    )

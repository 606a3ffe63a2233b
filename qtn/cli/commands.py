"""The commands. Each imports its rooms when it runs, so that `qtn --help` answers at once."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from qtn._version import __version__
from qtn.cli import jobs
from qtn.cli.files import (
    card_entry,
    card_with,
    check_writable,
    classifier,
    dataset,
    digits_to_keep,
    read_circuit,
    state_of,
)
from qtn.cli.groups import (
    Classes,
    DataName,
    Deployment,
    DeviceName,
    Json,
    Label,
    Layers,
    Seed,
    Shots,
    Size,
    Source,
    Spending,
    takes,
)
from qtn.cli.machine import describe_machine

app = typer.Typer(
    name="qtn",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(jobs.app, name="jobs")

SHOWN_OUTCOMES = 10
ROUNDING = 1e-12  # of the fidelity in a card and of the angles in a circuit file


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qtn {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (any position).")
    ] = False,
) -> None:
    """Train tensor networks, compile them to circuits, run, mitigate, verify and compare.

    \b
    The main job on real digits, into out/demo:
      qtn demo
    The same in steps:
      qtn train --classes 0 1 --out model.qtn
      qtn compile model.qtn --label 0 --layers 2 --out circuit.qasm
      qtn run circuit.qasm --device FakeAlgiers
      qtn verify circuit.qasm model.qtn
      qtn compare model.qtn --device FakeAlgiers --out report.html
    """


@app.command()
def demo(
    classes: Classes = "all",
    size: Size = 4,
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
      qtn demo --classes 3 8 --seed 1 --out out/three-eight
      qtn demo --classes 0 1 --json
    """
    from qtn.reports import run_demo

    result = run_demo(
        out,
        classes=digits_to_keep(classes),
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
    _print(
        {**comparison.to_dict(), "checks": checks, "files": files, "seconds": result.seconds},
        lines,
        as_json,
    )


@app.command()
@takes(source=Source)
def train(
    source: Source,
    bond: Annotated[int, typer.Option(help="Bond dimension.")] = 8,
    epochs: Annotated[int, typer.Option(help="Passes over the training rows.")] = 60,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("model.qtn"),
    as_json: Json = False,
) -> None:
    """Train a matrix-product-state classifier and save it.

    Ctrl-C stops the training and saves the best model so far.

    \b
    Examples:
      qtn train --classes 0 1 --out model.qtn
      qtn train --classes all --bond 16 --epochs 100 --json
    """
    rows = source.load(seed)
    check_writable(out)
    from qtn import MPSClassifier, save

    start = time.perf_counter()
    progress = False if as_json else None
    model = MPSClassifier(bond=bond, epochs=epochs, seed=seed, progress=progress)
    model.fit(rows.x_train, rows.y_train)
    seconds = time.perf_counter() - start
    accuracy = {
        "train": float(model.score(rows.x_train, rows.y_train)),
        "test": float(model.score(rows.x_test, rows.y_test)),
    }
    path = save(model, out)
    record = {"model": str(path), "status": model.status_, "seconds": seconds, "accuracy": accuracy}
    lines = [
        f"{rows}",
        f"accuracy  train {accuracy['train']:.4f}, test {accuracy['test']:.4f}",
        f"training  {model.status_}, {seconds:.1f} s",
        f"wrote     {path}",
    ]
    _print(record, lines, as_json)


@app.command("compile")
def compile_command(
    model: Annotated[Path, typer.Argument(help="A saved state or model.")],
    label: Label = None,
    layers: Layers = 2,
    min_fidelity: Annotated[
        float | None, typer.Option(help="Fail where the fidelity stays below.")
    ] = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="OpenQASM 3 file to write.")] = Path("circuit.qasm"),
    as_json: Json = False,
) -> None:
    """Compile a state into a circuit; card.json beside it says of what, and how well.

    \b
    Examples:
      qtn compile model.qtn --label 0 --layers 3 --out circuit.qasm
      qtn compile state.qtn --min-fidelity 0.99
    """
    import qtn
    from qtn._io import write_atomic

    target = state_of(model, label)
    check_writable(out)
    compiled = qtn.compile(
        target,
        qtn.Staircase(layers=layers),
        min_fidelity=min_fidelity,
        seed=seed,
        progress=False if as_json else None,
    )
    entry = {
        "file": out.name,
        "label": label,
        "target": model.name,
        "fidelity": compiled.fidelity,
        "floor": compiled.floor,
        "two_qubit_gates": compiled.two_qubit_gates,
        "two_qubit_depth": compiled.two_qubit_depth,
        "provenance": compiled.provenance,
    }
    card = card_with(out, entry)
    write_atomic(out, compiled.qasm())
    write_atomic(out.with_name("card.json"), json.dumps(card, indent=2) + "\n")
    _print(entry, [str(compiled), f"wrote {out} and {out.with_name('card.json')}"], as_json)


@app.command()
@takes(spending=Spending)
def run(
    circuit: Annotated[Path, typer.Argument(help="OpenQASM 2 or 3 file.")],
    spending: Spending,
    device: DeviceName = "aer",
    shots: Shots = 4096,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Run a circuit on a device and print its counts, as Qiskit prints bit strings.

    \b
    Examples:
      qtn run circuit.qasm
      qtn run circuit.qasm --device FakeAlgiers --shots 10000 --json
    """
    import qtn

    loaded = read_circuit(circuit)
    result = qtn.run(
        loaded,
        device=device,
        shots=shots,
        seed=seed,
        budget=spending.budget(),
        progress=False if as_json else None,
    )
    counts = dict(sorted(result.counts().items(), key=lambda item: (-item[1], item[0])))
    record = {"device": result.device, "shots": result.shots, "counts": counts}
    lines = [str(result)]
    lines += [f"  {bits}  {count}" for bits, count in list(counts.items())[:SHOWN_OUTCOMES]]
    if len(counts) > SHOWN_OUTCOMES:
        lines.append(f"  ... {len(counts) - SHOWN_OUTCOMES} more (--json prints all)")
    _print(record, lines, as_json)


@app.command()
def verify(
    circuit: Annotated[Path, typer.Argument(help="OpenQASM 2 or 3 file.")],
    model: Annotated[Path, typer.Argument(help="The state or model it was compiled from.")],
    label: Label = None,
    as_json: Json = False,
) -> None:
    """Recompute a circuit's fidelity with its target from the circuit file.

    Two engines that share no code must agree wherever the second is predicted to take at most two
    seconds; beyond, one speaks, and the line "engine" says so.

    The class comes from card.json beside the circuit unless --label is given. Exit code 1 where
    the fidelity that the card states lies outside the interval found.

    \b
    Examples:
      qtn verify circuit.qasm model.qtn
      qtn verify out/demo/circuit.qasm out/demo/model.qtn --json
    """
    import qtn

    loaded = read_circuit(circuit)
    entry = card_entry(circuit)
    chosen = entry.get("label") if label is None else label
    check = qtn.verify(loaded, state_of(model, chosen))
    # A card speaks about its own label only.
    stated = entry.get("fidelity") if chosen == entry.get("label") else None
    low, high = float(check.low or 0), float(check.high or 0)
    agrees = stated is None or low - ROUNDING <= stated <= high + ROUNDING
    record = {
        "circuit": str(circuit),
        "label": chosen,
        "fidelity": check.fidelity,
        "low": low,
        "high": high,
        "method": check.method,
        "why": check.why,
        "cost": str(check.cost),
        "stated": stated,
        "agrees": agrees,
    }
    lines = [
        f"fidelity  {check.fidelity:.12f}",
        f"interval  [{low:.12f}, {high:.12f}]",
        f"engine    {check.method}: {check.why}",
        f"cost      {check.cost}",
    ]
    if stated is not None:
        verdict = "inside" if agrees else "OUTSIDE"
        lines.append(f"compiler  {stated:.12f}: {verdict} the interval")
    _print(record, lines, as_json)
    if not agrees:
        raise typer.Exit(1)


@app.command()
@takes(deployment=Deployment, spending=Spending)
def compare(
    model: Annotated[Path, typer.Argument(help="A saved classifier.")],
    deployment: Deployment,
    spending: Spending,
    data: DataName = "digits",
    inputs: Annotated[int, typer.Option(help="Test rows to use.", min=1)] = 100,
    out: Annotated[Path | None, typer.Option(help="HTML report to write.")] = None,
    as_json: Json = False,
) -> None:
    """Compare a classifier with its quantum form and with baselines, on rows not trained on.

    Use the seed of the training, which decides on the split.

    \b
    Examples:
      qtn compare model.qtn --device FakeAlgiers --out report.html
      qtn compare model.qtn --layers 1 --inputs 50 --no-mitigate --json
    """
    import qtn

    fitted = classifier(model)
    size = round(fitted.n_features_in_**0.5)
    rows = dataset(data, size, [int(c) for c in fitted.classes_], deployment.seed)
    if out is not None:
        check_writable(out)
    progress = False if as_json else None
    quantum = deployment.of(fitted, spending.budget(), progress)
    table = qtn.compare(
        fitted,
        quantum,
        rows.x_test[:inputs],
        rows.y_test[:inputs],
        train=(rows.x_train, rows.y_train),
        progress=progress,
    )
    lines = [str(table)]
    if out is not None:
        lines.append(f"wrote {table.save(out)}")
    _print(table.to_dict(), lines, as_json)


@app.command()
def about(as_json: Json = False) -> None:
    """Print versions, cores, memory, GPU, and whether the Aer wheels clash.

    \b
    Example:
      qtn about --json
    """
    record = describe_machine()
    memory = record["memory_bytes"]
    size = f"{memory / 2**30:.1f} GiB" if memory else "unknown"
    lines = [
        f"qtn {record['qtn']}, Python {record['python']}, {record['system']}",
        f"{record['cores']} cores, memory {size}, GPU: {record['gpu'] or 'none'}",
        *(f"  {line}" for line in record["gpu_use"]),
        *(f"  {name:20} {version or '-'}" for name, version in record["packages"].items()),
    ]
    if record["aer_clash"]:
        wheels = record["aer_wheels"]
        lines.append(
            f"The wheels {' and '.join(wheels)} overwrite each other's files. Keep one: "
            f"pip uninstall {' '.join(wheels)}; then install the one you want."
        )
    _print(record, lines, as_json)


def _print(record: dict[str, Any], lines: Sequence[str], as_json: bool) -> None:
    typer.echo(json.dumps(record, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))

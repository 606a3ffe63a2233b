"""`qtn train`: a tensor network of any kind, from rows of any file."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from qtn.cli.exits import Code, leave
from qtn.cli.files import check_writable
from qtn.cli.groups import Json, Seed, Source, takes
from qtn.cli.named import MODELS, words
from qtn.cli.output import show
from qtn.errors import ArgumentError

KINDS = {"classifier": "Classifier", "regressor": "Regressor", "born": "BornMachine"}
NETWORKS = {"mps": "MPS", "ttn": "TTN"}
METRICS = {"classifier": "accuracy", "regressor": "R²", "born": "mean log-likelihood"}


@dataclass(frozen=True, slots=True)
class Network:
    """Which estimator is trained."""

    kind: Annotated[
        str, typer.Option(help="classifier, regressor or born.", autocompletion=words(*KINDS))
    ] = "classifier"
    network: Annotated[
        str, typer.Option(help="mps (a chain) or ttn (a tree).", autocompletion=words(*NETWORKS))
    ] = "mps"
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help='All options, as "TTNClassifier(bond=8, epochs=40)".',
            autocompletion=words(*MODELS),
        ),
    ] = None
    bond: Annotated[int | None, typer.Option(help="Bond dimension; default: chosen.")] = None
    epochs: Annotated[int | None, typer.Option(help="Passes over the rows.")] = None

    def estimator(self) -> tuple[Any, str]:
        """Return an estimator that is not fitted yet, and its kind."""
        import qtn
        from qtn._checks import choice

        choice("--kind", self.kind, KINDS)
        choice("--network", self.network, NETWORKS)
        if self.model is not None:
            return self._by_text(self.model)
        name = NETWORKS[self.network] + KINDS[self.kind]
        if self.kind == "born" and self.epochs is not None:
            raise ArgumentError(
                "Option --epochs is for classifiers and regressors; a Born machine is trained by "
                f'sweeps: --model "{name}(sweeps={self.epochs})".'
            )
        given = {"bond": self.bond, "epochs": self.epochs}
        options = {option: value for option, value in given.items() if value is not None}
        return getattr(qtn, name)(**options), self.kind

    def _by_text(self, text: str) -> tuple[Any, str]:
        if replace(self, model=None) != Network():
            raise ArgumentError(
                "Option --model has all options of the model itself, so --kind, --network, --bond "
                'and --epochs are left out. Write for instance --model "TTNRegressor(bond=8)".'
            )
        from qtn.cli.named import model

        found = model(text)
        return found, next(k for k, end in KINDS.items() if type(found).__name__.endswith(end))


@takes(source=Source, network=Network)
def train_model(
    source: Source,
    network: Network,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("model.qtn"),
    as_json: Json = False,
) -> None:
    """Train a tensor network on rows of data and save it.

    Ctrl-C stops the training and saves the best model so far (exit code 130).

    \b
    Examples:
      qtn train --classes 0,1 --out model.qtn
      qtn train --data rows.csv --label-column species --network ttn --bond 8
      qtn train --data prices.csv --label-column price --kind regressor
      qtn train --data t10k-images-idx3-ubyte.gz --size 4 --kind born --label-column none
      qtn train --classes all --model "MPSClassifier(bond=16, epochs=100)" --json
    """
    estimator, what = network.estimator()
    rows = source.load(seed)
    check_writable(out, ".qtn")
    from qtn import save

    if seed:
        estimator.set_params(seed=seed)
    estimator.set_params(progress=False if as_json else None)
    start = time.perf_counter()
    _check_labels(rows, what)
    estimator.fit(rows.x_train, *(() if what == "born" else (rows.y_train,)))
    seconds = time.perf_counter() - start
    parts = {"train": (rows.x_train, rows.y_train), "test": (rows.x_test, rows.y_test)}
    score = {
        part: float(estimator.score(*(pair[:1] if what == "born" else pair)))
        for part, pair in parts.items()
    }
    # What a clock determines is printed, and not in the file: trained again, it is the same.
    estimator.history_ = {k: v for k, v in estimator.history_.items() if k != "seconds"}
    path = save(estimator.set_params(progress=None), out)
    record = {
        "model": str(path),
        "kind": type(estimator).__name__,
        "rows": {"name": rows.name, "train": len(rows.x_train), "test": len(rows.x_test)},
        "status": estimator.status_,
        "metric": METRICS[what],
        "score": score,
        "measured": {"seconds": seconds},
    }
    lines = [
        repr(rows),
        f"{METRICS[what]}  train {score['train']:.4f}, test {score['test']:.4f}",
        f"training  {estimator.status_}, {seconds:.1f} s",
        f"wrote     {path}",
    ]
    show(record, lines, as_json)
    leave(Code.INTERRUPTED if estimator.status_ == "interrupted" else Code.DONE)


def _check_labels(rows: Any, what: str) -> None:
    if what != "born" and len({*rows.y_train.tolist()}) < 2:
        raise ArgumentError(
            f"The rows of {rows.name} have no labels, or only one. Name their column by "
            "--label-column, or train on the rows alone: --kind born."
        )
    if what == "classifier" and rows.y_train.dtype.kind == "f":
        raise ArgumentError(
            f"The labels of {rows.name} are numbers that are not whole: train a regressor "
            "(--kind regressor), or name another column by --label-column."
        )

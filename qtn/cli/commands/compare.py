"""`qtn compare`: a classifier, its quantum form and baselines on the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.files import check_writable, classifier
from qtn.cli.groups import BudgetText, Deployment, Json, Source, takes
from qtn.cli.named import budget as read_budget
from qtn.cli.output import show

ENDINGS = (".html", ".htm", ".qtn")


@takes(deployment=Deployment, source=Source)
def compare_models(
    model: Annotated[Path, typer.Argument(help="A saved classifier.")],
    deployment: Deployment,
    source: Source,
    budget: BudgetText = None,
    inputs: Annotated[int, typer.Option(help="Test rows to use.", min=1)] = 100,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Page (.html) or data (.qtn, for qtn report); may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare a classifier with its quantum form and with baselines, on rows not trained on.

    Use the data and the seed of the training, which decide on the split.

    \b
    Examples:
      qtn compare model.qtn --device FakeAlgiers --mitigate Readout,ZNE --out report.html
      qtn compare model.qtn --layers 1 --inputs 50 --json
      qtn compare model.qtn --data rows.csv --label-column species --seed 3
    """
    import qtn
    from qtn._checks import choice

    fitted = classifier(model)
    labels = [c.item() if hasattr(c, "item") else c for c in fitted.classes_]
    size = round(fitted.n_features_in_**0.5)
    if source.data == "digits" and source.size is None:
        source = Source(source.data, source.label_column, source.classes, size)
    rows = source.load(deployment.seed, labels)
    for path in out or ():
        check_writable(path)
        choice(f"suffix of {path.name}", path.suffix.lower(), ENDINGS)
    progress = False if as_json else None
    quantum = deployment.of(fitted, read_budget(budget), progress)
    table = qtn.compare(
        fitted,
        quantum,
        rows.x_test[:inputs],
        rows.y_test[:inputs],
        train=(rows.x_train, rows.y_train),
        progress=progress,
    )
    record, lines = table.to_dict(), [str(table)]
    files = [str(table.save(path)) for path in out or ()]
    lines += [f"wrote {path}" for path in files]
    show({**record, "files": files}, lines, as_json)

"""`qtn compare`: a classifier, its quantum form and baselines on the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.files import check_writable, classifier
from qtn.cli.groups import BudgetText, Deployment, Json, Source, takes
from qtn.cli.named import budget as read_budget
from qtn.cli.output import show


@takes(deployment=Deployment, source=Source)
def compare_models(
    model: Annotated[Path, typer.Argument(help="A saved classifier.")],
    deployment: Deployment,
    source: Source,
    budget: BudgetText = None,
    inputs: Annotated[int, typer.Option(help="Test rows to use.", min=1)] = 100,
    out: Annotated[Path | None, typer.Option(help="HTML report to write.")] = None,
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

    fitted = classifier(model)
    labels = [c.item() if hasattr(c, "item") else c for c in fitted.classes_]
    size = round(fitted.n_features_in_**0.5)
    if source.data == "digits" and source.size is None:
        source = Source(source.data, source.label_column, source.classes, size)
    rows = source.load(deployment.seed, labels)
    if out is not None:
        check_writable(out)
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
    if out is not None:
        written = table.save(out)
        record, lines = {**record, "report": str(written)}, [*lines, f"wrote {written}"]
    show(record, lines, as_json)

"""`qtn report`: the page of a comparison that was saved as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.files import check_writable
from qtn.cli.groups import Json
from qtn.cli.output import show
from qtn.errors import ArgumentError


def write_report(
    comparison: Annotated[
        Path, typer.Argument(help="A comparison: qtn compare ... --out comparison.qtn")
    ],
    out: Annotated[Path, typer.Option(help="HTML page to write.")] = Path("report.html"),
    as_json: Json = False,
) -> None:
    """Write the page of a saved comparison: one file of HTML that needs no network.

    \b
    Examples:
      qtn compare model.qtn --layers 2 --out comparison.qtn
      qtn report comparison.qtn --out report.html
    """
    import qtn

    loaded = qtn.load(comparison)
    if not isinstance(loaded, qtn.Comparison):
        raise ArgumentError(
            f"File `{comparison}` holds {type(loaded).__name__}, no comparison. "
            "Make one with: qtn compare model.qtn --out comparison.qtn"
        )
    check_writable(out)
    written = loaded.save(out)
    record = {"report": str(written), **loaded.to_dict()}
    show(record, [str(loaded), f"wrote {written}"], as_json)

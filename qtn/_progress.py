"""Progress bars: shown in a terminal or a notebook, silent elsewhere, and always optional."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from tqdm import TqdmWarning

from qtn._checks import flag

with warnings.catch_warnings():
    # Without ipywidgets a notebook gets the plain bar, which is no reason to warn.
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm


def checked_progress(progress: bool | None) -> bool | None:
    """Return `progress` if it is True, False or None; doors ask before they start work."""
    if progress is not None:
        flag("progress", progress, way_out="None shows a bar where someone can watch it.")
    return progress


def warn_interrupted(done: str) -> None:
    """Say that Ctrl-C ended a fit early, so that no half result passes for a whole one."""
    warnings.warn(
        f"Training was interrupted after {done}: the model is the best so far, and its `status_` "
        'is "interrupted".',
        stacklevel=3,
    )


def progress_bar(total: int | None, description: str, progress: bool | None) -> tqdm[Any]:
    """Return a tqdm bar; `progress=None` shows it only where someone can watch it."""
    shown = _watched() if checked_progress(progress) is None else progress
    return tqdm(total=total, desc=description, disable=not shown, leave=False, dynamic_ncols=True)


def _watched() -> bool:
    return "ipykernel" in sys.modules or bool(getattr(sys.stderr, "isatty", bool)())

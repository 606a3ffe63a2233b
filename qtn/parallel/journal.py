"""A folder with one file per finished item: what a killed run leaves to the next one.

A file is written whole or not at all, and named after the item's number and the hash of the whole
job: function, item, seed. A changed job therefore never meets an old result, and a file that is
damaged counts as none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtn._io import load, save, writable_folder
from qtn.errors import FileError
from qtn.parallel.kept import Kept

__all__ = ["Journal"]


@dataclass(frozen=True, slots=True)
class Journal:
    """The results of one call, by number of the item.

    Args:
        folder: where the files are.
        keys: hash of every job.
    """

    folder: Path
    keys: tuple[str, ...]

    @classmethod
    def at(cls, folder: str | os.PathLike[str], keys: list[str]) -> Journal:
        """Return the journal in a folder, which is made where it is missing.

        Raises:
            FileError: no files can be written there.
        """
        return cls(writable_folder(folder), tuple(keys))

    def path(self, index: int) -> Path:
        """Return the file of an item."""
        return self.folder / f"{index:06d}-{self.keys[index][:16]}.qtn"

    def done(self) -> dict[int, Any]:
        """Return the results that are there."""
        there = set(os.listdir(self.folder))
        found = {}
        for index, key in enumerate(self.keys):
            if self.path(index).name in there:
                kept = self._read(index)
                if kept is not None and kept.key == key:
                    found[index] = kept.value
        return found

    def _read(self, index: int) -> Kept | None:
        try:
            kept = load(self.path(index))
        except FileError:  # damaged: it is made again
            return None
        return kept if isinstance(kept, Kept) else None

    def keep(self, index: int, value: Any) -> None:
        """Write the result of an item.

        Raises:
            ArgumentError: it holds something that no file keeps.
            FileError: the folder cannot be written, or the disk is full.
        """
        save(Kept(value, self.keys[index]), self.path(index))

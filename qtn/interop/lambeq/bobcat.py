"""A Bobcat model of lambeq from a folder, without a connection.

transformers 5 wants every model to end its construction with `post_init`, which lambeq 0.5 does not
call; its model then cannot be loaded at all. `whole` gives its class what is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from qtn._optional import require
from qtn.errors import FileError

__all__ = ["load_bobcat", "whole"]

FILES = ("config.json", "grammar.json", "pipeline_config.json")
PARSER = "lambeq.text2diagram.model_based_reader.bobcat_parser"


def load_bobcat(folder: Path) -> Any:
    """Return the reader of a Bobcat model.

    Args:
        folder: into which a model of lambeq was unpacked.

    Raises:
        FileError: a file is missing, or what is there cannot be loaded.
        MissingExtraError: lambeq is not installed.

    Cost: that of reading the weights.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileError(
            f"{str(folder)!r} holds no Bobcat model: the file {missing[0]} is missing. Give the "
            "folder into which a model of lambeq was unpacked."
        )
    room = require(PARSER, "language")
    try:
        with patch.object(
            room, "BertForChartClassification", whole(room.BertForChartClassification)
        ):
            return room.BobcatParser(model_name_or_path=str(folder), verbose="suppress")
    except Exception as error:  # files of others may be broken in any way
        raise FileError(
            f"The Bobcat model in {str(folder)!r} cannot be loaded: {error} Unpack it again."
        ) from error


def whole(model: Any) -> Any:
    """Return a class of models of transformers that ends its construction as version 5 wants it.

    Args:
        model: a class whose constructor ends with `init_weights`.
    """

    class Whole(model):
        _begun = False

        def init_weights(self) -> None:
            if self._begun:  # called by `post_init`
                super().init_weights()
            else:
                self._begun = True
                self.post_init()

    return Whole

"""What `read_recipe` refuses, each with the key that was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import qtn

GHZ = {"state": "ghz", "qubits": 4}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "section": ({"targt": {}}, "`targt` is unknown. Did you mean 'target'?"),
    "kind": ({"target": {"state": "ghzz"}}, "`state` is 'ghzz'. Did you mean 'ghz'?"),
    "no kind": ({"target": {"qubits": 4}}, "`state` is missing. Known: aklt, bars-and-stripes"),
    "key": ({"target": {**GHZ, "tre": True}}, "`tre` is unknown. Did you mean 'tree'?"),
    "missing": ({"target": {"state": "ghz"}}, "[target] `qubits`: field required."),
    "type": ({"target": {"state": "ghz", "qubits": "4"}}, "`qubits`: input should be a valid int"),
    "table": ({"target": 3}, "`target`: input should be a table, but is 3."),
    "size": ({"data": {"source": "digits", "size": 3}}, "`size`: input should be 2, 4 or 8"),
    "union": ({"data": {"source": "digits", "classes": "al"}}, "[data] `classes`: input should"),
    "seed": ({"seed": -1}, "`seed`: input should be greater than or equal to 0, but is -1."),
    "method": ({"compile": {"method": "Brickwal"}}, "no `Brickwal`. Did you mean 'Brickwall'?"),
    "option": (
        {"compile": {"method": "Brickwall", "layerz": 3}},
        "`layerz` is no option of Brickwall. Did you mean 'layers'?",
    ),
    "own key": (
        {"compile": {"min_fidelty": 0.9}},
        "`min_fidelty` is no option of Auto. Did you mean 'min_fidelity'?",
    ),
    "technique": (
        {"mitigate": {"techniques": ["ZNEE"]}},
        "[mitigate] there is no `ZNEE`. Did you mean 'ZNE'?",
    ),
    "needs": ({"target": GHZ, "run": {}}, "[run] needs a section [compile] beside it"),
    "needs data": ({"model": {"kind": "MPSClassifier"}}, "[model] needs a section [data]"),
    "needs a model": ({"target": {"state": "model"}}, "needs a section [model] beside it"),
    "only": (
        {"data": {"source": "table", "file": "a.csv", "only": "x"}},
        "[data] `only` chooses rows by their label",
    ),
}


@pytest.mark.parametrize(("content", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_the_way_out(content: dict[str, Any], told: str) -> None:
    with pytest.raises(qtn.ArgumentError) as caught:
        qtn.read_recipe(content)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    wrong = {f"key{k}": k for k in range(12)}
    with pytest.raises(qtn.ArgumentError, match=r"`key0` is unknown.* And 4 more\."):
        qtn.read_recipe(wrong)


def test_a_file_is_read_from_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('title = "Four"\n[target]\nstate = "ghz"\nqubits = 4\n', encoding="utf-8")
    recipe = qtn.read_recipe(path)
    assert (recipe.title, recipe.folder, recipe.steps) == ("Four", tmp_path, ("target",))
    assert recipe.asked["target"] == GHZ
    assert qtn.read_recipe(recipe) is recipe


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    for name, content in {"a.toml": b"[target", "b.toml": b"\xff\xfe"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(qtn.errors.FileError, match="is no TOML that can be read"):
            qtn.read_recipe(tmp_path / name)
    with pytest.raises(qtn.errors.FileError, match="does not exist"):
        qtn.read_recipe(tmp_path / "c.toml")
    with pytest.raises(qtn.ArgumentError, match="the path of a recipe, or its content"):
        qtn.read_recipe(3)  # type: ignore[arg-type]

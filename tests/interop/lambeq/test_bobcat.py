"""A Bobcat model from a folder: a tiny one with drawn weights, which knows one rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qtn.errors import FileError
from qtn.interop.lambeq import sentence_diagram
from qtn.interop.lambeq.bobcat import FILES, load_bobcat, whole

pytest.importorskip("lambeq", reason="lambeq is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")  # those of transformers
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "she", "sleeps"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    from lambeq.bobcat.tagger import BertForChartClassification, ChartClassifierConfig
    from transformers import BertTokenizerFast

    folder = tmp_path_factory.mktemp("bobcat")
    cats = ["NP", "S[dcl]\\NP", "S[dcl]"]
    config = ChartClassifierConfig(
        vocab_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
        intermediate_size=8, tags=cats[:2], cats=["N", *cats],
    )  # fmt: skip
    whole(BertForChartClassification)(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    marked = {"NP": "NP{_}", "S[dcl]": "S[dcl]{_}", "S[dcl]\\NP": "(S[dcl]{_}\\NP{Y}<1>){_}"}
    grammar = {"categories": marked, "binary_rules": [["NP", "S[dcl]\\NP"]],
               "type_changing_rules": [], "type_raising_rules": []}  # fmt: skip
    parser = {"eisner_normal_form": True, "max_parse_trees": 1000, "beam_size": 10,
              "input_tag_score_weight": 1.0, "missing_cat_score": 0.1,
              "missing_span_score": 0.1}  # fmt: skip
    tagger = {"tag_top_k": 0, "tag_prob_threshold": 0, "span_top_k": 0, "span_prob_threshold": 0}
    pipeline = {"tagger": tagger, "parser": parser}
    (folder / "grammar.json").write_text(json.dumps(grammar))
    (folder / "pipeline_config.json").write_text(json.dumps(pipeline))
    return folder


def test_a_sentence_is_parsed(folder):
    diagram = sentence_diagram("she sleeps", folder)
    assert [box.name for box in diagram.boxes] == ["she", "sleeps", "CUP"]
    assert str(diagram.cod) == "s"
    assert sentence_diagram(["she", "sleeps"], str(folder)) == diagram


def test_what_is_no_model(tmp_path):
    with pytest.raises(FileError, match=r"config\.json is missing"):
        load_bobcat(tmp_path)
    for name in (*FILES, "model.safetensors"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(FileError, match="cannot be loaded"):
        load_bobcat(tmp_path)

"""Language: sentences as circuits, by lambeq's readers or as sequences, beside honest baselines."""

from qtn.applications.language.baselines import RoleRule, sentence_baselines
from qtn.applications.language.door import SentenceClassifier
from qtn.applications.language.labelled import load_sentences, with_unseen

__all__ = [
    "RoleRule",
    "SentenceClassifier",
    "load_sentences",
    "sentence_baselines",
    "with_unseen",
]

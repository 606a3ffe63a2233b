"""Credentials stay where they are: texts that leave the process are masked first.

Masked are the values of environment variables that are named like credentials, all values of the
saved IBM account but its addresses, and what looks like a credential by itself: a word such as
"token" with what follows it, and long random-looking strings. qtn stores no credential and has no
parameter for one; the texts of foreign exceptions and the reprs of foreign objects may quote them.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MASK = "***"
_NAMES = re.compile(r"TOKEN|SECRET|PASSW|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL", re.I)
_PLAIN = ("channel", "url", "region", "verify", "name", "plans_preference")  # keys of an account
_WORDS = re.compile(
    r"(?i)\b(\w*(?:token|key|secret|password|bearer|crn))(\W{1,3})([^\s'\",;)}\]]+)"
)
_RANDOM = re.compile(r"[A-Za-z0-9_\-+/=.]{32,}")
_SHORT = 4  # shorter values are masked only where they stand alone


def known_secrets() -> tuple[str, ...]:
    """Return the credentials of the environment and of the saved account, longest first."""
    found = {v.strip() for k, v in os.environ.items() if _NAMES.search(k)}
    found |= _account(*_stamp(_account_file()))
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def without_known(text: str) -> str:
    """Return `text` without the known credentials."""
    return without_these(text, known_secrets())


def without_these(text: str, secrets: Iterable[str]) -> str:
    """Return `text` without these credentials."""
    for secret in secrets:
        if secret in text:
            if len(secret) < _SHORT:
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
            else:
                text = text.replace(secret, MASK)
    return text


def without_named(text: str) -> str:
    """Return `text` without the known credentials and what follows a word that announces one."""
    return _WORDS.sub(rf"\1\2{MASK}", without_known(text))


def masked(text: str) -> str:
    """Return `text` without the known credentials and without what looks like one."""
    return _RANDOM.sub(MASK, without_named(text))


def _account_file() -> Path:
    return Path(os.path.expanduser("~"), ".qiskit", "qiskit-ibm.json")


def _stamp(path: Path) -> tuple[Path, float]:
    try:
        return path, path.stat().st_mtime
    except OSError:
        return path, 0.0


@functools.lru_cache(maxsize=4)
def _account(path: Path, changed: float) -> set[str]:
    """Return the values of an account file; `changed` makes a new version be read again."""
    try:
        return set(_values(json.loads(path.read_text(encoding="utf-8")))) if changed else set()
    except (OSError, ValueError):
        return set()


def _values(entry: Any) -> list[str]:
    if isinstance(entry, dict):
        kept = (v for k, v in entry.items() if k not in _PLAIN)
        return [text for value in kept for text in _values(value)]
    if isinstance(entry, list):
        return [text for value in entry for text in _values(value)]
    return [entry] if isinstance(entry, str) else []

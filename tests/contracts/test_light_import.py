"""`import qtn` and `qtn --help` load no heavy package; a door loads only what its room needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "qiskit", "qiskit_aer", "pennylane", "lambeq", "quimb", "matplotlib", "numba")


def loaded_after(code: str) -> set[str]:
    """Run `code` in a fresh interpreter and return the names of the modules it loaded."""
    script = f"import sys\n{code}\nprint('\\n' + '\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


def test_import_loads_only_the_package_itself() -> None:
    before, after = loaded_after("pass"), loaded_after("import qtn")
    assert "qtn" in after
    assert {name for name in after if name.startswith("qtn.")} == {
        "qtn._fork",
        "qtn._version",
    }
    assert after.isdisjoint(HEAVY)
    # A handful of standard modules and nothing else; numpy alone would bring more than a hundred.
    assert len(after - before) < 40


def test_import_of_errors_and_files_is_light() -> None:
    assert loaded_after("import qtn; qtn.QtnError, qtn.save, qtn.Estimate").isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("qtn.load_digits()", {"torch", "qiskit", "quimb", "matplotlib", "pennylane", "lambeq"}),
        ("qtn.MPS", {"torch", "qiskit", "matplotlib", "pennylane", "lambeq"}),
    ],
)
def test_a_door_loads_only_its_room(code: str, absent: set[str]) -> None:
    assert loaded_after(f"import qtn; {code}").isdisjoint(absent)


def test_help_is_light() -> None:
    code = (
        "from qtn.cli import main\ntry:\n    main(['demo', '--help'])\nexcept SystemExit:\n    pass"
    )
    assert loaded_after(code).isdisjoint(HEAVY)

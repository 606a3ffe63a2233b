"""`qtn about` and `qtn doctor`: the machine, the installation, and what stands in the way."""

from __future__ import annotations

from qtn.cli.exits import Code, leave
from qtn.cli.groups import Json
from qtn.cli.output import show


def show_machine(as_json: Json = False) -> None:
    """Print versions, cores, memory and GPUs.

    \b
    Examples:
      qtn about
      qtn about --json
    """
    import qtn

    found = qtn.about()
    show(found.to_dict(), [str(found)], as_json)


def look_for_traps(as_json: Json = False) -> None:
    """Look for the known traps of the machine and the installation, and say the cure.

    Exit code 5 for warnings, 6 for faults.

    \b
    Examples:
      qtn doctor
      qtn doctor --json
    """
    import qtn
    from qtn.diagnosis import Severity

    found = qtn.doctor()
    show(found.to_dict(), [str(found)], as_json)
    codes = {Severity.WARNING: Code.WARNINGS, Severity.FAULT: Code.FAULTS}
    leave(codes.get(found.worst, Code.DONE))

"""`qtn about`, `qtn doctor`, `qtn warm-up`: the machine, what stands in the way, first calls."""

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


def warm_kernels(as_json: Json = False) -> None:
    """Compile the kernels of all commands and doors now, instead of on their first call.

    \b
    Examples:
      qtn warm-up
      qtn warm-up --json
    """
    import qtn

    found = qtn.warm_up(progress=False if as_json else None)
    show(found.to_dict(), [str(found)], as_json)

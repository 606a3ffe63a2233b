"""The shape of the house, measured: `python -m tests.house` prints it, the contract tests hold it.

Every figure is computed from the sources by a small function of the package's folder, so that a
test can plant a violation in a folder of its own and see that it is found.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "qtn"

MAX_FILE = 400  # lines
MAX_BODY = 40  # lines of a function, its docstring not counted
MAX_PARAMETERS = 7  # self and cls not counted
MAX_FOLDER = 14  # files, __init__.py not counted
LINES_BEFORE = 40_532  # of qtn/ before it got wings

# Names that every room may have; nothing else may stand in more than two rooms.
COMMON_NAMES = {"__init__", "base", "door"}
# Names of precisions, which mean one number each wherever they stand.
PRECISIONS = {"ROUNDING", "EXACT", "TIGHT", "TINY"}
# Modules that hold no code of their own to test.
WITHOUT_TEST = {"__init__", "__main__", "_version"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method: the file (below the package), its qualified name and its size."""

    file: str
    name: str
    parameters: int
    body: int

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


# ------------------------------------------------------------------------------------ reading


def sources(package: Path = PACKAGE) -> list[Path]:
    """Return the files of the package, sorted."""
    return sorted(p for p in package.rglob("*.py") if "__pycache__" not in p.parts)


def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return _parsed(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1000)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def rooms(package: Path = PACKAGE) -> list[str]:
    """Return the names of the rooms: the folders of the package."""
    return sorted(p.parent.name for p in package.glob("*/__init__.py"))


def functions(package: Path = PACKAGE) -> list[Function]:
    """Return every function and method; of an overloaded one, only what runs."""
    return [
        Function(str(path.relative_to(package)), name, parameters(node), body_lines(node))
        for path in sources(package)
        for name, node in _definitions(tree(path), "")
        if not any("overload" in ast.unparse(d) for d in node.decorator_list)
    ]


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not isinstance(child, ast.ClassDef):
                yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def parameters(node: ast.FunctionDef) -> int:
    """Count the parameters, self and cls left out."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in given)


def body_lines(node: ast.FunctionDef) -> int:
    """Count the lines of the body, the docstring left out."""
    documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    return int(node.end_lineno or 0) - node.body[documented].lineno + 1


# ------------------------------------------------------------------------------------ names


def shadowed(package: Path = PACKAGE) -> list[str]:
    """Return the modules and wings that bear the name of a function of their room."""
    found = []
    for room in rooms(package):
        files = sources(package / room)
        names = {n.name for p in files for n in tree(p).body if isinstance(n, ast.FunctionDef)}
        found += [str(p.relative_to(package)) for p in files if _module_name(p) in names]
    return [path for path in found if path.count("/") > 1 or not path.endswith("__init__.py")]


def shared_names(package: Path = PACKAGE) -> dict[str, list[str]]:
    """Return the module and wing names that stand in more than two rooms, with these rooms."""
    where: dict[str, set[str]] = defaultdict(set)
    for room in rooms(package):
        for path in sources(package / room):
            if path != package / room / "__init__.py":
                where[_module_name(path)].add(room)
    return {
        name: sorted(found)
        for name, found in sorted(where.items())
        if len(found) > 2 and name not in COMMON_NAMES
    }


def ambiguous(package: Path = PACKAGE) -> dict[str, set[float]]:
    """Return the names of precisions that mean different numbers in different modules."""
    values: dict[str, set[float]] = defaultdict(set)
    for path in sources(package):
        for node in tree(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if ast.unparse(target) in PRECISIONS:
                        values[ast.unparse(target)].add(float(str(node.value.value)))
    return {name: found for name, found in values.items() if len(found) > 1}


def _module_name(path: Path) -> str:
    return path.parent.name if path.name == "__init__.py" else path.stem


# ------------------------------------------------------------------------------------ sizes


def long_files(package: Path = PACKAGE) -> dict[str, int]:
    """Return the files over `MAX_FILE` lines."""
    lines = {str(p.relative_to(package)): _lines(p) for p in sources(package)}
    return {name: count for name, count in lines.items() if count > MAX_FILE}


def long_functions(package: Path = PACKAGE) -> dict[str, int]:
    """Return the functions over `MAX_BODY` lines."""
    return {str(f): f.body for f in functions(package) if f.body > MAX_BODY}


def crowded_functions(package: Path = PACKAGE) -> dict[str, int]:
    """Return the functions over `MAX_PARAMETERS` parameters."""
    return {str(f): f.parameters for f in functions(package) if f.parameters > MAX_PARAMETERS}


def fullest_folder(package: Path = PACKAGE) -> tuple[str, int]:
    """Return the folder of the package with the most modules, and their number."""
    count = Counter(
        str(p.parent.relative_to(package.parent))
        for p in sources(package)
        if p.name != "__init__.py"
    )
    return count.most_common(1)[0]


def all_lines(package: Path = PACKAGE) -> int:
    """Count the lines of all files."""
    return sum(_lines(path) for path in sources(package))


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n")


# ------------------------------------------------------------------------------------ mirror


def unmirrored(package: Path = PACKAGE, tests: Path = ROOT / "tests") -> list[str]:
    """Return the modules without a test at `tests/ROOM/WING/test_MODULE.py`."""
    found = []
    for path in sources(package):
        place = path.relative_to(package)
        test = tests / place.parent / f"test_{path.stem.lstrip('_')}.py"
        if path.stem not in WITHOUT_TEST and not test.is_file():
            found.append(str(place))
    return found


# ------------------------------------------------------------------------------------ imports


def circles(package: str = "qtn") -> list[str]:
    """Return the imports to remove so that the modules and wings of no room import in a circle."""
    import grimp

    graph = grimp.build_graph(package)

    def below(ancestor: str) -> Iterator[str]:
        children = graph.find_children(ancestor)
        if len(children) > 1:
            for importer, imported in sorted(graph.nominate_cycle_breakers(ancestor)):
                yield f"{importer} -> {imported}"
        for child in sorted(children):
            yield from below(child)

    return list(below(package))


# ------------------------------------------------------------------------------------ readers

FLIP = [[0, 1], [1, 0]]
TURNED = ([[0, -1j], [1j, 0]], [[0, -1], [1, 0]])  # Y, and its real form
OBSERVABLE_CLASSES = {"Pauli", "SparsePauliOp", "SparseObservable"}


def pauli_tables(package: Path = PACKAGE) -> list[str]:
    """Return the modules that write out a table of Pauli matrices: X and Y as numbers."""
    return _modules_where(package, _has_pauli_table)


def observable_parsers(package: Path = PACKAGE) -> list[str]:
    """Return the modules that ask whether an argument is a Pauli operator of Qiskit."""
    return _modules_where(package, lambda root: _asks_for(root, OBSERVABLE_CLASSES))


def target_readers(package: Path = PACKAGE) -> list[str]:
    """Return the modules that ask whether a target is a vector of amplitudes."""
    return _modules_where(package, _reads_targets)


def _modules_where(package: Path, holds: Callable[[ast.Module], bool]) -> list[str]:
    return [str(p.relative_to(package)) for p in sources(package) if holds(tree(p))]


def _has_pauli_table(root: ast.Module) -> bool:
    found = [value for node in ast.walk(root) if (value := _numbers(node)) is not None]
    return FLIP in found and any(matrix in found for matrix in TURNED)


def _numbers(node: ast.AST) -> object:
    """Return the value of a list of lists of numbers, else None."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    try:
        return [list(row) for row in ast.literal_eval(node)]
    except (TypeError, ValueError):
        return None


def _tests(root: ast.Module, function: str) -> Iterator[tuple[str, set[str]]]:
    """Yield (first argument, names in the second) of calls such as `isinstance(x, A | B)`.

    What an assert says is left out: it narrows a type that is known.
    """
    asserted = {id(n) for a in ast.walk(root) if isinstance(a, ast.Assert) for n in ast.walk(a)}
    for node in ast.walk(root):
        called = isinstance(node, ast.Call) and getattr(node.func, "id", "") == function
        if called and len(node.args) == 2 and id(node) not in asserted:
            words = {getattr(n, "id", getattr(n, "value", "")) for n in ast.walk(node.args[1])}
            yield ast.unparse(node.args[0]), {str(word) for word in words}


def _asks_for(root: ast.Module, classes: set[str]) -> bool:
    return any(classes & names for _, names in _tests(root, "isinstance"))


def _reads_targets(root: ast.Module) -> bool:
    has_array = any(
        "__array__" in names and what == "target" for what, names in _tests(root, "hasattr")
    )
    return has_array or _asks_for(root, {"Statevector"})


# ------------------------------------------------------------------------------------ table


def table() -> list[tuple[str, str, str, list[str]]]:
    """Return the rows: what, today, goal and what stands behind the figure."""
    folder, fullest = fullest_folder()
    crowded = [f"{name} ({count})" for name, count in crowded_functions().items()]
    bodies = [f"{name} ({count})" for name, count in long_functions().items()]
    files = [f"{name} ({count})" for name, count in long_files().items()]

    def row(what: str, goal: str, found: list[str]) -> tuple[str, str, str, list[str]]:
        return what, str(len(found)), goal, found

    return [
        row("imports that make circles inside rooms", "0", circles()),
        (f"fullest folder: {folder}", f"{fullest} files", f"<= {MAX_FOLDER}", []),
        row("modules that parse observables", "1", observable_parsers()),
        row("modules that read targets", "1", target_readers()),
        row("tables of Pauli matrices", "1", pauli_tables()),
        row("modules shadowed by a function of their room", "0", shadowed()),
        row("module names in more than two rooms", "0", [*shared_names()]),
        row(f"functions over {MAX_PARAMETERS} parameters", "<= 12", crowded),
        row(f"functions over {MAX_BODY} lines", "named", bodies),
        row(f"files over {MAX_FILE} lines", "0", files),
        row("modules without a mirrored test", "0", unmirrored()),
        ("lines of qtn/", f"{all_lines():,}", f"< {LINES_BEFORE:,}", []),
    ]


def main() -> None:
    """Print the table, then the names behind every figure."""
    lines = []
    rows = table()
    for what, today, goal, _ in [("", "today", "goal", []), *rows]:
        lines.append(f"{what:48s} {today:>10s}   {goal}")
    for what, _, _, found in rows:
        if found:
            lines += ["", what, *(f"  {name}" for name in found)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

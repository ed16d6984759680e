"""Stamps of the lessons: what their numbers depend on, and the table of results."""

import ast
import hashlib
import json
import re
from pathlib import Path

from course_utils import DATA_DIR, ROOT, CourseError
from course_utils.checks import short
from course_utils.files import write_atomic

import nbformat

NOTEBOOKS = ROOT / "notebooks"
CHECKPOINTS = DATA_DIR / "checkpoints"
# The modules that the numbers of a lesson go through; what draws, saves or checks
# may change without a new run.
TRACKED = ["callbacks", "fresh", "metrics", "sampling"]


def lessons(numbers=()):
    """Paths of the lessons with the given numbers ("03", "07b"), or of all."""
    paths = sorted(NOTEBOOKS.glob("[0-9][0-9]*_*.ipynb"))
    known = [number_of(path) for path in paths]
    for number in numbers:
        if number not in known:
            raise CourseError(
                f"there is no lesson {number}: choose from {', '.join(known)}."
            )
    return [path for path in paths if not numbers or number_of(path) in numbers]


def number_of(path):
    """Number of a lesson: what its file name has before the first underscore."""
    return path.name.partition("_")[0]


def source_hash(path):
    """SHA-256 of all that the numbers of a lesson depend on.

    That is its code cells but the setup cell, the functions of `TRACKED` modules that
    they use, the data sets they verify, and the saved models they load. Code counts
    by its syntax tree: comments, docstrings and layout do not matter.
    """
    trees = [
        _parse(cell.source, f"{Path(path).name}, cell {cell.id}")
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", [])
    ]
    parts = [_serialise(tree) for tree in trees]
    parts += _used_functions(trees) + _used_data(trees) + _used_models(trees)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _parse(source, where):
    try:
        return ast.parse(source)
    except SyntaxError:
        pass
    try:  # again without the lines that are for IPython: %pip, !ls
        return ast.parse(re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", source))
    except SyntaxError as error:
        raise CourseError(f"{where}: not valid Python ({error.msg}).") from None


def _serialise(node):
    """The syntax tree as text, the same on every version of Python."""
    if isinstance(node, list):
        return f"[{','.join(map(_serialise, node))}]"
    if not isinstance(node, ast.AST):
        return ascii(node)  # repr() depends on Python's Unicode tables
    fields = []
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(value, list) and _has_docstring(node):
            value = value[1:]
        if isinstance(node, ast.JoinedStr):  # 3.12.1 adds empty parts to f-strings
            value = [part for part in value if getattr(part, "value", None) != ""]
        if name != "kind" and value is not None and value != []:
            fields.append(f"{name}={_serialise(value)}")
    return f"{type(node).__name__}({','.join(fields)})"


def _has_docstring(node):
    definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, definition) and ast.get_docstring(node) is not None


def _used_functions(trees):
    """Definitions in `TRACKED` modules that the trees use, directly or through each
    other, so that a new function makes no other lesson stale."""
    found, queue = {}, [use for tree in trees for use in _attributes(tree, TRACKED)]
    definitions = {module: _definitions(module) for module in TRACKED}
    while queue:
        module, name = use = queue.pop()
        if use in found or name not in definitions[module]:
            continue
        node = definitions[module][name]
        found[use] = _serialise(node)
        queue += _attributes(node, TRACKED)
        queue += [(module, n.id) for n in ast.walk(node) if isinstance(n, ast.Name)]
    return [f"{module}.{name}={found[module, name]}" for module, name in sorted(found)]


def _attributes(tree, modules):
    """Uses of `module.name`, as pairs."""
    return [
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    ]


def _definitions(module):
    path = ROOT / "course_utils" / f"{module}.py"
    definitions = {}
    for node in (
        ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []
    ):
        if hasattr(node, "name"):
            definitions[node.name] = node
        for target in getattr(node, "targets", []):
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    definitions[name.id] = node
    return definitions


def _calls(trees, function):
    """Arguments of all calls of artifacts.`function`; None where no plain text."""
    return [
        [getattr(argument, "value", None) for argument in node.args]
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (getattr(node.func.value, "id", ""), node.func.attr)
        == ("artifacts", function)
    ]


def _used_data(trees):
    calls = _calls(trees, "verify_data")
    names = {name for call in calls for name in call}
    everything = any(not call or None in call for call in calls)
    sums = (DATA_DIR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return sorted(
        line
        for line in sums
        if everything or line.split("  ")[-1].split("/")[0] in names
    )


def _used_models(trees):
    saved, loaded = (
        {call[0] for function in functions for call in _calls(trees, function) if call}
        for functions in [["save"], ["load", "card"]]
    )
    models = []
    for name in sorted(loaded - saved - {None}):
        card = CHECKPOINTS / name / "card.json"
        sums = json.loads(card.read_bytes())["sha256"] if card.exists() else "missing"
        models.append(f"{name} {json.dumps(sums, sort_keys=True)}")
    return models


def write_table():
    """Puts the table of lessons between its two markers in README.md."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    before, start, rest = text.partition("<!-- lessons -->\n")
    _, end, after = rest.partition("<!-- /lessons -->")
    if not end:
        raise CourseError(
            "README.md has no <!-- lessons --> and <!-- /lessons --> lines: put them "
            "where the table of lessons belongs."
        )
    new = f"{before}{start}{table()}\n{end}{after}"
    if new != text:
        write_atomic(readme, new.encode())


def table():
    """The table of lessons for README.md, from the stamps."""
    rows = [
        "| | lesson | result (baseline) | minutes | memory |",
        "|---|---|---|--:|--:|",
    ]
    for path in lessons():
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0].source.splitlines()[0].partition("·")[2].strip()
        stamp = notebook.metadata.get("course", {})
        metrics = [
            f"{name.replace('_', ' ')} {short(entry['value'])}"
            + (f" ({short(entry['baseline'])})" if "baseline" in entry else "")
            for name, entry in stamp.get("metrics", {}).items()
        ]
        minutes = max(1, round(stamp.get("seconds", 0) / 60))
        memory = max(0.5, round(stamp.get("peak_memory_mb", 0) / 500) / 2)
        rows.append(
            f"| {number_of(path)} | [{title}](notebooks/{path.name}) "
            f"| {'<br>'.join(metrics)} | {minutes} | {memory:g} GB |"
        )
    return "\n".join(rows)

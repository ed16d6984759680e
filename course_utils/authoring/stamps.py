"""Stamps of the lessons: what their numbers depend on, and the table of results."""

import ast
import json
import math
import re
from hashlib import sha256
from pathlib import Path

from course_utils import DATA_DIR, ROOT, CourseError

import nbformat

NOTEBOOKS = ROOT / "notebooks"
MODULES = ROOT / "course_utils"
CHECKPOINTS = DATA_DIR / "checkpoints"
# What only draws, saves or checks may change without a new run.
UNTRACKED = {"plotting", "checks", "judge", "artifacts.save", "artifacts.root"}
UNTRACKED |= {"artifacts.write_atomic", "artifacts.shown", "music.save"}
NEEDS = re.compile(
    r"\*\*Needs\*\* about .*? minutes? on two processor cores and .*? GB of memory"
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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
    return Path(path).name.partition("_")[0]


def source_hash(path, text=None, study=True):
    """SHA-256 of all that the numbers of a lesson depend on.

    text: the notebook's, where it is not to be read from the file.
    That is its code cells but the setup cell, all that they use of course_utils except
    what is `UNTRACKED`, the data sets they verify, the models of other lessons that
    they load, and unless study=False the lesson's study. Code counts by its syntax
    tree: comments, docstrings and layout do not.
    """
    text = Path(path).read_text(encoding="utf-8") if text is None else text
    trees = [
        _parse(cell.source, f"{Path(path).name}, cell {cell.id}")
        for cell in nbformat.reads(text, as_version=4).cells
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", [])
    ]
    parts = [_serialise(tree) for tree in trees]
    parts += _used_code(trees) + _used_data(trees)
    parts += _used_models(trees, number_of(path))
    file = NOTEBOOKS / "studies" / f"{number_of(path)}.json"
    if study and file.exists():
        parts.append(file.read_text(encoding="utf-8"))
    return sha256("\n".join(parts).encode()).hexdigest()


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
        if name == "body" and isinstance(node, DEFINITIONS) and ast.get_docstring(node):
            value = value[1:]
        if isinstance(node, ast.JoinedStr):  # 3.12.1 adds empty parts to f-strings
            value = [part for part in value if getattr(part, "value", None) != ""]
        if name != "kind" and value is not None and value != []:
            fields.append(f"{name}={_serialise(value)}")
    return f"{type(node).__name__}({','.join(fields)})"


def _used_code(trees):
    """What the trees use of course_utils, directly or through each other.

    A new function, or a change of one that a lesson does not use, makes it not stale.
    """
    modules = {path.stem: _definitions(path) for path in MODULES.glob("*.py")}
    found, queue = {}, [use for tree in trees for use in _uses(tree)]
    while queue:
        module, name = use = queue.pop()
        node = modules.get(module, {}).get(name)
        if use in found or node is None or UNTRACKED & {module, f"{module}.{name}"}:
            continue
        if isinstance(node, ast.ImportFrom):  # from course_utils.MODULE import NAME
            queue.append((node.module.removeprefix("course_utils."), name))
            continue
        found[use] = _serialise(node)
        queue += [*_uses(node), *((module, n) for n in _names(node))]
    return [f"{module}.{name}={found[module, name]}" for module, name in sorted(found)]


def _uses(tree):
    """Everything of the form `module.name` in the tree, as pairs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


def _names(tree):
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


def _definitions(path):
    """The statements at the top of a module, by the names that they define."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            if (node.module or "").startswith("course_utils."):
                found |= {alias.name: node for alias in node.names}
        elif isinstance(node, DEFINITIONS):
            found[node.name] = node
        else:
            stored = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
            found |= {n.id: node for n in stored if isinstance(n.ctx, ast.Store)}
    return found


def _arguments(trees, *functions):
    """First arguments of all calls of the functions: texts, or None if not known."""
    texts, found = {}, []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            texts |= {
                target.id: node.value.value
                for target in node.targets
                if isinstance(target, ast.Name)
            }
        if isinstance(node, ast.Call) and ast.unparse(node.func) in functions:
            found += node.args[:1] or [None]
    return {
        texts.get(node.id)
        if isinstance(node, ast.Name)
        else node.value
        if isinstance(node, ast.Constant)
        else None
        for node in found
    }


def _used_data(trees):
    names = _arguments(trees, "datasets.verify")
    sums = (DATA_DIR / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    folders = [line.split("  ")[-1].split("/")[0] for line in sums]
    return [
        line
        for line, folder in zip(sums, folders, strict=True)
        if None in names or folder in names
    ]


def _used_models(trees, number):
    models = []
    loads = [f"artifacts.{name}" for name in ("load", "load_arrays", "card")]
    for name in sorted(_arguments(trees, *loads) - {None}):
        path = CHECKPOINTS / name / "card.json"
        card = json.loads(path.read_bytes()) if path.exists() else {"sha256": "missing"}
        if card.get("lesson") != number:  # its own cannot make it stale
            models.append(f"{name} {card['sha256']}")
    return models


def minutes_and_memory(stamp):
    """Whole minutes and half gigabytes, rounded up, as texts: "5", "1.5"."""
    minutes = math.ceil(stamp.get("seconds", 0) / 60)
    memory = math.ceil(stamp.get("peak_memory_mb", 0) / 500) / 2
    return str(minutes), f"{memory:g}"


def needs(stamp):
    """The words with which a lesson says what it needs."""
    minutes, memory = minutes_and_memory(stamp)
    return (
        f"**Needs** about {minutes} minute{'s' * (minutes != '1')} on two processor "
        f"cores and {memory} GB of memory"
    )


def table():
    """The table of lessons for README.md, from the stamps."""
    rows = ["| | lesson | result | minutes | memory |", "|---|---|---|--:|--:|"]
    for path in lessons():
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0].source.splitlines()[0].partition("·")[2].strip()
        stamp = notebook.metadata.get("course", {})
        minutes, memory = minutes_and_memory(stamp)
        rows.append(
            f"| {number_of(path)} | [{title}](notebooks/{path.name}) "
            f"| {stamp.get('headline', '')} | {minutes} | {memory} GB |"
        )
    return "\n".join(rows)


def with_table(readme):
    """The text of README.md with today's table between its two markers."""
    before, start, rest = readme.partition("<!-- lessons -->\n")
    _, end, after = rest.partition("<!-- /lessons -->")
    if not end:
        raise CourseError(
            "README.md has no <!-- lessons --> and <!-- /lessons --> lines: put them "
            "where the table of lessons belongs."
        )
    return f"{before}{start}{table()}\n{end}{after}"

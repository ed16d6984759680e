"""What holds for the repository as a whole: sizes, the README's table, the pins."""

import re
import shutil
import subprocess
import tomllib

from course_utils import DATA_DIR, ROOT, stamps

import pytest


def tracked():
    """Files that belong to the repository: those git knows or would add."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no clone of the repository")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def size(paths):
    return sum(path.stat().st_size for path in paths) / 1e6


def test_repository_is_at_most_60_mb_without_saved_models():
    models = DATA_DIR / "checkpoints"
    assert size(path for path in tracked() if not path.is_relative_to(models)) <= 60


def test_saved_models_are_small():
    folders = [path.parent for path in DATA_DIR.glob("checkpoints/*/card.json")]
    sizes = {folder.name: size(folder.iterdir()) for folder in folders}
    assert all(megabytes <= 4 for megabytes in sizes.values()), sizes
    assert sum(sizes.values()) <= 25, sizes


def test_readme_table_comes_from_the_stamps():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = "run python -m course_utils.execute --table"
    assert f"<!-- lessons -->\n{stamps.table()}\n<!-- /lessons -->" in readme, told


def test_readme_names_every_entry_at_the_top():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    entries = {path.relative_to(ROOT).parts[0] for path in tracked()} - {".gitignore"}
    unnamed = [name for name in entries - {"README.md"} if name not in readme]
    assert not unnamed, f"the file tree in README.md leaves out {sorted(unnamed)}"


def test_links_in_markdown_files_resolve():
    for path in tracked():
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                file = target.partition("#")[0]
                if file and ":" not in file:
                    assert (path.parent / file).exists(), f"{path.name}: {target}"


def test_every_requirement_is_pinned():
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert pins[-1] == "-e .", "the last line of requirements.txt installs the course"
    pinned = set()
    for line in pins[:-1]:
        if not line.startswith("#"):
            assert re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?", line), line
            pinned.add(normalised(line))
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {normalised(name) for name in wanted} <= pinned, "run make requirements"


def normalised(requirement):
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-")


def test_nothing_names_a_machine():
    """No path of the machine it was made on, and no package index of its own."""
    found = re.compile(
        r"(?<![\w.])/(root|home/\w+|work)/|(index|extra-index)-url[ =]\S"
    )
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ".json", ".ipynb"}:
            if path.name != "test_notebooks.py":  # shows such paths to a rule
                match = found.search(path.read_text(encoding="utf-8"))
                assert not match, f"{path.relative_to(ROOT)}: {match}"

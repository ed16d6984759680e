"""What holds for the repository as a whole: sizes, the README's table, the pins."""

import re
import shutil
import subprocess
import tomllib
from importlib import metadata

import install
from course_utils import DATA_DIR, ROOT
from course_utils.authoring import stamps

import colab
import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name


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


def test_repository_is_at_most_75_mb_without_saved_models():
    models = DATA_DIR / "checkpoints"
    assert size(path for path in tracked() if not path.is_relative_to(models)) <= 75


def test_saved_models_are_small():
    folders = [path.parent for path in DATA_DIR.glob("checkpoints/*/card.json")]
    sizes = {folder.name: size(folder.iterdir()) for folder in folders}
    large = {"fashion_diffusion", "emoji_text_to_image"}
    limits = {name: 10 if name in large else 4 for name in sizes}
    assert all(sizes[name] <= limits[name] for name in sizes), sizes
    assert sum(sizes.values()) <= 48, sizes


def test_readme_table_comes_from_the_stamps():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = "run python -m course_utils.authoring.execute --table"
    assert readme == stamps.with_table(readme), told


def test_readme_names_every_entry_at_the_top():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = readme.split("## What is where")[1].split("```")[1]
    named = set(re.findall(r"(?m)^ {0,2}([\w.-]+)", tree.replace("  .", "\n.")))
    entries = {path.relative_to(ROOT).parts[0] for path in tracked()}
    entries -= {".gitignore", "README.md", "LICENSE"}
    entries |= {path.name for path in (ROOT / "course_utils").glob("[!_]*.py")}
    assert not entries - named, "the file tree in README.md leaves these out"


def test_links_in_markdown_files_resolve():
    for path in tracked():
        if path.suffix == ".md":
            text = path.read_text(encoding="utf-8")
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                file = target.partition("#")[0]
                if file and ":" not in file:
                    assert (path.parent / file).exists(), f"{path.name}: {target}"


def pins():
    """The requirements, without the course itself."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line[0] not in "#-"]


def test_every_requirement_is_pinned():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert text.endswith("\n-e .\n"), "the last line must install the course"
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins())
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {canonicalize_name(Requirement(line).name) for line in wanted}
    pinned = {canonicalize_name(pin.name) for pin in pins()}
    assert names <= pinned, "run make requirements"


def test_every_pin_allows_every_supported_python():
    """pip refuses a package whose Requires-Python leaves out the Python at hand."""
    looked_at = 0
    for pin in pins():
        for version in install.SUPPORTED:
            full = dict(python_version=version, python_full_version=f"{version}.9")
            if pin.marker and not pin.marker.evaluate(default_environment() | full):
                continue
            try:
                package = metadata.distribution(pin.name)
            except metadata.PackageNotFoundError:
                continue  # pinned for another Python than the one that runs this
            if package.version in pin.specifier:
                asked = package.metadata.get("Requires-Python")
                told = f"{pin} is only for Python {asked}: pin an older one"
                assert not asked or f"{version}.9" in SpecifierSet(asked), told
                looked_at += 1
    assert looked_at > 300


def test_installed_versions_are_the_pinned_ones():
    for pin in pins():
        if not pin.marker or pin.marker.evaluate():
            assert metadata.version(pin.name) in pin.specifier, pin


def test_pins_of_colab_follow_a_list_of_today():
    before = colab.REQUIREMENTS.read_text(encoding="utf-8")
    assert colab.update_pins("") == before
    after = colab.update_pins("Keras==9.9.9\njupyter-client==8.8\nnot-here==1\n")
    assert "\nkeras==9.9.9\n" in after and "\njupyter_client==8.8\n" in after
    assert len(after.splitlines()) == len(before.splitlines())


def test_nothing_names_a_machine():
    """No path of the machine it was made on, and no package index of its own."""
    found = re.compile(
        r"(?<![\w.])/(root|home/\w+|work)/|(index|extra-index)-url[ =]\S"
    )
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ".json"}:
            if path.name != "test_form.py":  # looks for them in notebooks
                match = found.search(path.read_text(encoding="utf-8"))
                assert not match, f"{path.relative_to(ROOT)}: {match}"


def test_glossary_has_each_term_once_in_order():
    lines = (ROOT / "notebooks/glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if line.startswith("| ")][1:]
    terms = [row[1].strip().casefold() for row in rows]
    assert all(len(row) == 5 and all(map(str.strip, row[1:4])) for row in rows)
    assert terms == sorted(set(terms)), "sort notebooks/glossary.md; each term once"

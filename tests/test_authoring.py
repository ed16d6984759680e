"""Lessons re-run into the same bytes, fail without a trace, and know what they need."""

import ast
import base64
import hashlib
import io
import json
import subprocess
import sys

from course_utils import ROOT
from course_utils.authoring import execute, publish, stamps, study

import nbformat
import numpy as np
import pytest
from PIL import Image
from sentences import one_sentence

TITLE = (
    "# 97 · A lesson\n\n**Needs** about 99 minutes on two processor cores and 99 GB of "
    "memory, no GPU."
)
HEADLINE = "0.33 bits a letter; guessing: 0.67; lower is better"
SAVE = """
folder = os.path.join(os.environ["COURSE_ARTIFACTS"], "tiny")
os.makedirs(folder)
with open(os.path.join(folder, "card.json"), "w") as file:
    file.write('{"sha256": "abc", "seconds": %f}' % os.times()[4])
"""
CELLS = [
    ("", "import os\n\nfrom course_utils import checks, SMOKE_TEST"),
    ("parameters", "num_epochs = 1 if SMOKE_TEST else 2"),
    ("", "print('epochs', num_epochs)\nprint('one more line')"),
    ("", "import ipywidgets\nimport matplotlib.pyplot as plt"),
    ("", "plt.plot([1, 2])\nplt.show()\ndisplay(ipywidgets.IntSlider(3))"),
    ("raises-exception", "1 / 0"),
    ("", "checks.record('loss', 1 / 3, baseline=2 / 3, at_most=0.5)"),
    ("", f"checks.headline({HEADLINE!r})"),
    ("", SAVE.strip()),
]


def make(path, cells=CELLS, title=TITLE):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(title)])
    for tag, source in cells:
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata = {"scrolled": True} | ({"tags": [tag]} if tag else {})
        notebook.cells.append(cell)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"97-{number:02d}"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A repository with one small lesson."""
    for folder in ["notebooks", "data/checkpoints", "course_utils"]:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data" / "SHA256SUMS").write_text("0a  songs/1/a\n0b  texts/1/b\n")
    readme = "# Course\n\n<!-- lessons -->\n<!-- /lessons -->\n\nThe end.\n"
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    monkeypatch.setattr(stamps, "MODULES", tmp_path / "course_utils")
    monkeypatch.setattr(stamps, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(stamps, "DATA_DIR", tmp_path / "data")
    monkeypatch.setattr(stamps, "CHECKPOINTS", tmp_path / "data" / "checkpoints")
    return tmp_path


def lesson(course, *cells):
    return make(course / "notebooks" / "97_lesson.ipynb", *([cells] if cells else []))


def test_run_is_stored_stamped_and_repeatable(course, capsys):
    path = lesson(course)
    assert execute.main(["97"]) == 0
    first = path.read_text(encoding="utf-8")
    notebook = nbformat.read(path, as_version=4)
    stamp = notebook.metadata.course
    assert stamp.budget == "full" and stamp.source_hash == stamps.source_hash(path)
    assert stamp.metrics == {
        "loss": {"value": 1 / 3, "baseline": 2 / 3, "at_most": 0.5}
    }
    assert set(stamp.versions) == {"python", "tensorflow", "keras", "numpy"}
    assert 10 < stamp.peak_memory_mb < 2000 and 0 < stamp.cpu_seconds
    assert stamp.headline == HEADLINE
    assert f"{stamps.needs(stamp)}, no GPU." in notebook.cells[0].source

    assert set(notebook.metadata) == {"course", "kernelspec", "language_info"}
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert code[2].outputs[0].text == "epochs 2\none more line\n"  # the full budget
    (picture,) = code[4].outputs  # and not the slider
    assert "image/png" in picture.data
    assert code[5].outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert first.endswith("}\n") and "\x1b" not in first and "iopub" not in first
    card = course / "data" / "checkpoints" / "tiny" / "card.json"
    published = card.read_bytes()
    assert json.loads(published)["sha256"] == "abc"

    table = (course / "README.md").read_text(encoding="utf-8")
    row = f"| 97 | [A lesson](notebooks/97_lesson.ipynb) | {HEADLINE} | "
    assert row + " | ".join(stamps.minutes_and_memory(stamp)) + " GB |" in table
    assert table.startswith("# Course\n\n<!--") and table.endswith("\nThe end.\n")

    assert execute.main([]) == 0
    second = path.read_text(encoding="utf-8")
    measured = ("seconds", "cpu_seconds", "peak_memory_mb")
    measured += ("**Needs**",)  # its minutes
    kept = [
        [line for line in text.split("\n") if not line.strip(' "').startswith(measured)]
        for text in [first, second]
    ]
    assert kept[0] == kept[1] and len(kept[0]) == len(first.split("\n")) - 4
    assert card.read_bytes() == published
    assert (course / "README.md").read_text(encoding="utf-8") == table
    assert not list(course.rglob(".*"))


@pytest.mark.parametrize(
    "cell, told",
    [
        ("raise ValueError('no luck.')", "cell 3 failed .* ValueError: no luck."),
        ("import os; os._exit(1)", "cell 3: the kernel died"),
        ("checks.record('loss', 3.0, at_most=2)", "cell 3 failed .* loss is 3 and"),
        ("checks.record('a', 1)\nchecks.record('a', 1)", "a is recorded twice"),
        ("checks.record('a', 1)", "headline was called 0 times"),
    ],
)
def test_failing_lesson_leaves_everything_as_it_was(course, cell, told, capsys):
    cells = [("", "from course_utils import checks"), ("", cell)]
    path = lesson(course, *cells)
    before = path.read_bytes()
    with one_sentence(told):
        execute.execute(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert list((course / "data" / "checkpoints").iterdir()) == []


def test_lesson_edited_while_it_runs_is_not_overwritten(course):
    path = lesson(course, ("", "open('97_lesson.ipynb', 'a').write(' ')"))
    with one_sentence("edited while it ran"):
        execute.execute(path)
    assert path.read_text(encoding="utf-8").endswith(" ")


def test_unknown_lesson():
    command = [sys.executable, "-m", "course_utils.authoring.execute", "42"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "there is no lesson 42: choose from 01, 01b, 02" in done.stderr


def test_number_is_what_stands_before_the_first_underscore(course):
    folder = lesson(course).parent
    make(folder / "98_plain.ipynb"), make(folder / "98b_second_half.ipynb")
    make(folder / "draft_98.ipynb")
    found = [stamps.number_of(path) for path in stamps.lessons()]
    assert found == ["97", "98", "98b"]
    assert [path.name for path in stamps.lessons(["98b"])] == ["98b_second_half.ipynb"]
    assert [path.name for path in stamps.lessons(["98"])] == ["98_plain.ipynb"]
    assert "| 98b | [A lesson](notebooks/98b_second_half.ipynb) |" in stamps.table()


def test_publish_replaces_a_model_as_a_whole(course):
    new, old = course / "run" / "net", stamps.CHECKPOINTS / "net"
    for folder, files in [(new, ["b.npz"]), (old, ["a.npz"])]:
        folder.mkdir(parents=True)
        for name in ["card.json", *files]:
            (folder / name).write_text('{"seconds": 1}', encoding="utf-8")
    (new / ".b.npz.123.tmp").write_text("cut", encoding="utf-8")
    execute.publish(new)
    assert sorted(file.name for file in old.iterdir()) == ["b.npz", "card.json"]
    assert [folder.name for folder in stamps.CHECKPOINTS.iterdir()] == ["net"]


def test_minutes_and_memory_are_rounded_up():
    stamp = {"seconds": 61, "peak_memory_mb": 1001}
    assert stamps.minutes_and_memory(stamp) == ("2", "1.5")
    stamp = {"seconds": 60, "peak_memory_mb": 1000}
    told = "**Needs** about 1 minute on two processor cores and 1 GB of memory"
    assert stamps.needs(stamp) == told and stamps.NEEDS.fullmatch(told)


# What makes a stamp stale, and what does not.

METRICS = '''
from course_utils import sampling
from course_utils.tokenizer import cut
LIMIT = 3
def helper(x):
    return min(x, LIMIT)
def distance(x):
    """Docstring."""
    return helper(x) + 1
def bits(x):
    return sampling.logits(cut(x))
def other(x):
    return x
'''
MODULES = {
    "metrics": METRICS,
    "sampling": "def logits(x):\n    return x * 5\n",
    "tokenizer": "def cut(x):\n    return x[:7]\n",
    "artifacts": "def load(x):\n    return x\ndef save(x):\n    pass\n",
    "plotting": "def show(x):\n    pass\n",
}


def digest(course, *sources, **changed):
    for name, text in (MODULES | changed).items():
        (course / "course_utils" / f"{name}.py").write_text(text, encoding="utf-8")
    return stamps.source_hash(lesson(course, *(("", source) for source in sources)))


def test_layout_comments_and_docstrings_do_not_matter(course):
    first = digest(course, "def f(x):\n    return x + 1\n\n\nf(1)")
    assert first == digest(
        course, "def f(x):\n    # Adds.\n    '''Adds.'''\n    return (x+1)\nf( 1 )"
    )
    assert first != digest(course, "def f(x):\n    return x + 2\n\n\nf(1)")
    assert first != digest(course, "def f(x):\n    return x + 1.0\n\n\nf(1)")


def test_setup_cell_and_prose_do_not_matter(course):
    path = course / "notebooks" / "97_lesson.ipynb"
    hashes = {
        stamps.source_hash(make(path, [("setup", setup), ("", "f(1)")], title))
        for setup in ["!git clone x", "pass"]
        for title in ["# 97 · A", "# 97 · B"]
    }
    assert len(hashes) == 1


def test_lines_for_ipython(course):
    code = "%matplotlib inline\nif x:\n    !ls\nprint('%d' % 3)"
    assert digest(course, code) != digest(course, code.replace("3", "4"))
    with one_sentence("cell 97-01: not valid Python"):
        digest(course, "def f(:")


@pytest.mark.parametrize(
    "cell, module, old, new, matters",
    [
        ("metrics.distance(1)", "metrics", "return min(x", "return max(x", True),
        ("metrics.distance(1)", "metrics", "LIMIT = 3", "LIMIT = 4", True),
        ("metrics.distance(1)", "metrics", "helper(x) + 1", "helper(x) + 2", True),
        ("metrics.distance(1)", "metrics", "Docstring", "New one", False),
        ("metrics.distance(1)", "metrics", "return x\n", "return 2 * x\n", False),
        ("metrics.distance(1)", "metrics", "LIMIT = 3", "LIMIT = 3\nnew = 1", False),
        ("metrics.distance(1)", "sampling", "5", "6", False),
        ("metrics.bits(1)", "sampling", "5", "6", True),
        ("metrics.bits(1)", "tokenizer", "7", "8", True),
        ("artifacts.load('net')", "artifacts", "return x", "return 2", True),
        ("artifacts.load(sys.argv[1])", "artifacts", "return x", "return 2", True),
        ("artifacts.save('net')", "artifacts", "pass", "return x", False),
        ("plotting.show(1)", "plotting", "pass", "return x", False),
    ],
)
def test_code_that_is_used_matters(course, cell, module, old, new, matters):
    """Also what it uses in turn, in other modules, by either way of importing."""
    assert old in MODULES[module]
    changed = digest(course, cell, **{module: MODULES[module].replace(old, new)})
    assert (changed != digest(course, cell)) == matters


def test_data_and_models_that_are_loaded_matter(course):
    def save(name, digest, lesson):
        folder = stamps.CHECKPOINTS / name
        folder.mkdir(exist_ok=True)
        card = json.dumps({"sha256": digest, "seconds": 1, "lesson": lesson})
        (folder / "card.json").write_text(card, encoding="utf-8")

    sums = course / "data" / "SHA256SUMS"
    cells = ["dataset = 'songs'", "datasets.verify(dataset)", "artifacts.load('net')"]
    missing = digest(course, *cells)
    save("net", "1", "96")
    first = digest(course, *cells)
    save("other", "1", "96")
    sums.write_text(sums.read_text().replace("0b", "0c"))
    assert first == digest(course, *cells)
    sums.write_text(sums.read_text().replace("0a", "0d"))
    changed_data = digest(course, *cells)
    by_card = [*cells[:2], "artifacts.card('net')"]
    assert digest(course, *by_card) != digest(course, *cells[:2])
    save("net", "2", "96")
    assert len({missing, first, changed_data, digest(course, *cells)}) == 4

    save("net", "2", "97")  # its own model cannot make it stale
    first = digest(course, *cells)
    save("net", "3", "97")
    assert first == digest(course, *cells)
    everything = digest(course, "datasets.verify()")
    sums.write_text(sums.read_text().replace("0c", "0e"))
    assert everything != digest(course, "datasets.verify()")


CODE = """
def f(a, /, b: int = 1, *c, d=-2, **e):
    '''Doc.'''
    global g
    x = f"{a!r:>{b}.{d}} {{}} " "plain" f"{a=}{a:}" u"u" '\U0001fae8\\ud800'
    async def h(): return [i async for i in x if i]
    match a:
        case {"k": [1, *_], **rest} | None as z: return b"\\x00"
        case _: lambda: (yield)
    try:
        with a as b, c: del x[1:, ..., None]
    except* E as error: raise
    return {**e, 1: 1e400, 2: 1_0j, 3: True}
"""


def test_same_on_every_version_of_python():
    # The digest was the same on Python 3.11.7, 3.12.1 and 3.13.0.
    text = stamps._serialise(ast.parse(CODE))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "23b5bba562b137b2"


def test_publishing_puts_the_address_everywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "ROOT", tmp_path)
    new, old = "ada/course", publish.HOST + "OWNER/name"
    files = {"a.md": f"https://{old}", "b.ipynb": old * 2, "c.py": "no address"}
    for name, text in (files | {"d.png": f"\0{old}", "untracked.md": old}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pyproject = f'[project]\nurls = {{ Repository = "https://{old}" }}\n'
    (tmp_path / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    with one_sentence("no clone of the course"):
        publish.publish(new)
    for command in ["init -q", "add [!u]*"]:
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    with one_sentence("no repository: give it as owner/name"):
        publish.publish("ada")
    assert publish.publish(new) == ["a.md", "b.ipynb", "pyproject.toml"]
    assert (tmp_path / "b.ipynb").read_text() == "github.com/ada/course" * 2
    assert "OWNER" in (tmp_path / "d.png").read_text()
    assert publish.publish("grace/hopper") == ["a.md", "b.ipynb", "pyproject.toml"]


def test_text_and_pictures_stay_in_their_order(course):
    show = "import matplotlib.pyplot as plt\nfor epoch in (1, 2):\n"
    show += "    plt.plot([epoch])\n    plt.show()\n"
    show += "    print('epoch', end=' ', flush=True)\n    print(epoch)"
    path = lesson(course, *CELLS[:2], ("", show), *CELLS[6:8])
    execute.execute(path)
    outputs = nbformat.read(path, as_version=4).cells[3].outputs
    assert [output.get("text") for output in outputs] == [
        None,
        "epoch 1\n",
        None,
        "epoch 2\n",
    ]


@pytest.mark.parametrize("channels", [[0, 0, 0], [0, 1, 2], [0, 1, 1]])
def test_stored_pictures_lose_no_pixel(channels):
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), "uint8")
    pixels, file = noise[..., channels], io.BytesIO()
    if channels == [0, 1, 1]:
        pixels = pixels // 128 * 255  # four colours
    Image.fromarray(pixels).convert("RGBA").save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    output = nbformat.v4.new_output("display_data", data)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
    notebook.cells[0].outputs = [output]
    execute.shrink_pictures(notebook)
    stored = base64.b64decode(output.data["image/png"])
    assert len(stored) <= len(file.getvalue())
    assert np.array_equal(Image.open(io.BytesIO(stored)).convert("RGB"), pixels)


def test_a_study_runs_the_cells_of_a_lesson_with_other_parameters(course, capsys):
    lesson(
        course,
        ("setup", "raise ValueError('the set-up is left out')"),
        ("parameters", "size, seed = 3, 0"),
        ("study", "results = {'product': size * 7}"),
        ("exercise", "raise ValueError('what comes after it is left out')"),
    )
    assert study.main(["97", "--run", '{"size": 5}']) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["results"] == {"product": 35.0} and told["cpu_seconds"] >= 0


def test_a_study_keeps_its_results_until_its_code_changes(course, monkeypatch):
    path = lesson(course, ("study", "results = {}"))
    before, done = stamps.source_hash(path), []
    file = study.path_of("97")
    file.parent.mkdir()
    runs = [{"parameters": {"seed": seed}} for seed in (1, 2)]
    file.write_text(json.dumps({"runs": runs}), encoding="utf-8")
    assert stamps.source_hash(path) != before  # the lesson shows it
    monkeypatch.setattr(
        study, "_in_a_process", lambda _, p: done.append(p) or {"results": p}
    )
    for _ in range(2):
        assert study.main(["97"]) == 0
    assert sorted(p["seed"] for p in done) == [1, 2]
    lesson(course, ("study", "results = dict()"))
    assert study.main(["97"]) == 0
    assert sorted(p["seed"] for p in done) == [1, 1, 2, 2]

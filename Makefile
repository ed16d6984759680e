# make lab: open the course · make test: prove that it works · make check NB=03: one lesson
PYTHON ?= $(if $(filter Windows_NT,$(OS)),py,python3)
NB ?=
REPO ?=
BIN = .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
.PHONY: setup lab test check run study lint load torch data requirements publish test-colab

setup:
	@$(PYTHON) install.py

lab: setup
	$(BIN)/python -m jupyterlab --ip 127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_data_selection.ipynb

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The form, the exercises and the small run of one lesson.
check: setup
	$(BIN)/python -m pytest tests/test_form.py tests/test_exercises.py notebooks -k "$(NB)_ or $(NB)."

run: setup
	$(BIN)/python -m course_utils.authoring.execute $(NB)

# The runs behind the tables of a lesson, where they are missing or stale.
study: setup
	$(BIN)/python -m course_utils.authoring.study $(NB)

lint: setup
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check

# What the server of course_utils.serving bears: 5,000 generated requests, then a load of
# 8 minutes.
load: setup
	CASES=5000 $(BIN)/python -m pytest tests/test_serving.py -q -k generated
	$(BIN)/python tests/load.py

# PyTorch is large, and only parts of lessons 08 and 08b need it.
torch: setup
	$(BIN)/python -m pip install torch==2.13.0

# The rest is for those who change or publish the course.

data: setup
	$(BIN)/python -m pip install -q -r data/builders/requirements.txt
	for builder in fashion_mnist jane_austen bach_chorales noto_emoji checksums; do \
		$(BIN)/python data/builders/$$builder.py || exit 1; done

# Needs uv, which can resolve for every platform and Python at once.
requirements:
	{ echo "# Exact versions, for every platform and Python 3.11-3.13. Made by: make requirements"; \
	uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml; \
	echo "-e ."; } > requirements.new
	mv requirements.new requirements.txt

publish: setup
	$(BIN)/python -m course_utils.authoring.publish $(REPO)

test-colab: .venv-colab/bin/python
	.venv-colab/bin/python tests/colab.py

.venv-colab/bin/python: tests/colab-requirements.txt
	$(PYTHON) -m venv --clear .venv-colab
	.venv-colab/bin/python -m pip install --progress-bar off -r tests/colab-requirements.txt

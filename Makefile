# make lab: open the course · make test: prove that it works · make run NB=03: re-run a lesson
find_python = $(firstword $(foreach p,$(1),$(shell $p -c \
	'import sys; print("$p" * ((3, 11) <= sys.version_info < (3, 14)))' 2>/dev/null)))
PYTHON ?= $(call find_python,python3.12 python3.13 python3.11 python3)
NB ?=
.PHONY: setup lab test run lint torch data requirements test-colab

setup: .venv/installed

lab: setup
	.venv/bin/jupyter lab --ip 127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_data_selection.ipynb

test: lint
	.venv/bin/python -m pytest

run: setup
	.venv/bin/python -m course_utils.execute $(NB)

lint: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check

# PyTorch is large and only the .pth files of lesson 08 need it.
torch: setup
	.venv/bin/python -m pip install -q torch==2.13.0

# The rest is for those who change the course.

data: setup
	.venv/bin/python -m pip install -q -r data/builders/requirements.txt
	for builder in fashion_mnist jane_austen bach_chorales noto_emoji checksums; do \
		.venv/bin/python data/builders/$$builder.py || exit 1; done

requirements:
	{ echo "# Exact versions, for every platform and Python 3.11-3.13. Made by: make requirements"; \
	uv pip compile -q --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml; \
	echo "-e ."; } > requirements.new
	mv requirements.new requirements.txt

test-colab: .venv-colab/installed
	.venv-colab/bin/python tests/colab.py

# $(1): a list of requirements. Uses uv where it works, because it is faster than pip.
define install
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 was not found: install one, or name yours with: make setup PYTHON=/path/to/python"; exit 1; }
	@if uv --version >/dev/null 2>&1; then \
		{ test -x $(@D)/bin/python || uv venv -q --seed --clear --python "$(PYTHON)" $(@D); } && \
		uv pip install -q --compile-bytecode --python $(@D)/bin/python -r $(1); \
	else \
		{ test -x $(@D)/bin/pip || "$(PYTHON)" -m venv --clear $(@D); } && \
		$(@D)/bin/python -m pip install -q -r $(1); \
	fi
	@touch $@
endef

.venv/installed: requirements.txt pyproject.toml
	$(call install,requirements.txt)

.venv-colab/installed: PYTHON = $(call find_python,python3.13 python3.12 python3.11 python3)
.venv-colab/installed: tests/colab-requirements.txt
	$(call install,tests/colab-requirements.txt)

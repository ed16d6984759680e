# make lab: open the course    make test: prove that it works    make run NB=03: re-run a lesson
PYTHON ?= $(firstword $(foreach p,python3.12 python3.13 python3.11 python3,$(shell \
	$p -c 'import sys; print("$p" * ((3, 11) <= sys.version_info < (3, 14)))' 2>/dev/null)))
NB ?=
.PHONY: setup lab test run lint data requirements test-colab

setup: .venv/installed

.venv/installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 was not found: install one, or name it with make setup PYTHON=/path/to/python."; exit 1; }
	@if uv --version >/dev/null 2>&1; then \
		uv venv -q --clear --python "$(PYTHON)" .venv && uv pip install -q --python .venv -r requirements.txt; \
	else \
		"$(PYTHON)" -m venv --clear .venv && .venv/bin/python -m pip install -q -r requirements.txt; \
	fi
	@touch $@

lab: setup
	.venv/bin/jupyter lab --ip 127.0.0.1 $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/01_data_selection.ipynb

test: setup lint
	.venv/bin/python -m pytest

run: setup
	.venv/bin/python -m course_utils.execute $(NB)

lint: setup
	.venv/bin/ruff check
	.venv/bin/ruff format --check

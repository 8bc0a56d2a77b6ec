# `make demo` and `make test` need nothing but a Python 3.10, 3.11 or 3.12:
# each makes .venv where there is none. `make PYTHON=/a/python test` says with
# which Python; otherwise it is the first of these that works.
PYTHON ?= python3.12 python3.11 python3.10 python3
PACKAGE_FILES := setup.cfg pyproject.toml

# Without a home to keep its cache in, pip cannot build the packages it must.
PIP_INSTALL = .venv/bin/python -m pip install --quiet \
	$(shell test -w "$$HOME" || echo --no-cache-dir)

# TensorFlow would open with notes on CPU features and on GPUs it did not find.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test lint format results
.DELETE_ON_ERROR:

demo: .venv/core
	@.venv/bin/python -m experiments.quickstart

test: lint
	@echo "Running the tests"
	@.venv/bin/python -m pytest --numprocesses=2 --dist=worksteal

lint: .venv/development
	@echo "Checking format, lint and types"
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/ruff check --quiet
	@.venv/bin/mypy

format: .venv/development
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

# The README's tables, from the files in experiments/results.
results: .venv/core
	@.venv/bin/python -m experiments.results_tables

.venv/core: $(PACKAGE_FILES) | .venv/bin/python
	@echo "Installing memnet_tf (the first time: about 1 GB, some minutes)"
	@$(PIP_INSTALL) --editable .
	@touch $@

.venv/development: $(PACKAGE_FILES) | .venv/bin/python
	@echo "Installing memnet_tf and what its tests need" \
		"(the first time: about 1 GB, some minutes)"
	@$(PIP_INSTALL) --editable ".[dev,scann,serving]"
	@touch $@ .venv/core

# A Python counts where it starts (a pyenv shim may not), has a version that
# memnet_tf supports and can make environments. Its own pip may be old:
# pip 23.0 tries versions for many minutes before it finds a set that fits.
.venv/bin/python:
	@for python in $(PYTHON); do \
		if "$$python" -c "import ensurepip, sys; \
			sys.exit(not (3, 10) <= sys.version_info < (3, 13))" \
			2>/dev/null; then \
			echo "Making .venv with $$("$$python" --version)"; \
			"$$python" -m venv --clear .venv; \
			exec $(PIP_INSTALL) --upgrade pip; \
		fi; \
	done; \
	echo "memnet_tf needs Python 3.10, 3.11 or 3.12 with its venv module;" \
		"found none among: $(PYTHON)." >&2; \
	echo "Install one, or name it: make PYTHON=/path/to/python" >&2; \
	exit 1

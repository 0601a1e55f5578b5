# The two commands to know: `make demo` and `make test`. Everything is installed into .venv.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export VPD_HOME ?= $(CURDIR)/vpd_home
export DAGSTER_HOME := $(VPD_HOME)/dagster
export OMP_NUM_THREADS ?= 1

.PHONY: help demo demo-full ui test check clean docs

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/vpd: pyproject.toml constraints.txt
	@echo "installing into $(VENV) (about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable ".[dev]"
	@touch $(BIN)/vpd

demo: $(BIN)/vpd  ## run the whole pipeline on generated pictures, about 10 minutes
	@$(BIN)/vpd demo

demo-full: $(BIN)/vpd  ## the demo on 6,000 pictures, then the effect over three seeds, about an hour
	@$(BIN)/vpd demo --images 6000 --shards 24
	@$(BIN)/vpd study infra/studies/effect.toml

ui: $(BIN)/vpd  ## open Dagster on port 3000 and MLflow on port 5000
	@$(BIN)/python -m jobs.ui

test: $(BIN)/vpd  ## run the tests
	@$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder

check: $(BIN)/vpd  ## lint, types, layers, generated docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/generate.py --check

docs: $(BIN)/vpd  ## write the generated parts of the docs
	@$(BIN)/python docs/generate.py

clean:  ## remove everything that was built or computed
	rm -rf $(VENV) $(VPD_HOME) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

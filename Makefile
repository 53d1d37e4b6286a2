# Verbs. Each one installs what it needs, on a machine that has Python 3.11–3.13, make, git and a C compiler.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup up workshop lab notebooks test test-floor test-images lint format bench bench-smoke soak operations pins clean

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
CLIENTS := .venvs
INSTALL := $(UV) pip install --quiet --require-hashes
TESTS ?= tests
WORKERS ?= 2

# A package index may be slow, and may fail for a moment.
export UV_HTTP_TIMEOUT ?= 180
export UV_HTTP_RETRIES ?= 5

# The data set of the course, where a copy lies beside the repository.
DATASET := $(abspath ../shared/data/bank-additional-full.csv)
ifneq ($(wildcard $(DATASET)),)
export OFICINA_DATASET ?= $(DATASET)
endif

# Built images are shared by tests, course and benches; the user's own server keeps its own.
test test-floor workshop lab bench bench-smoke soak: export OFICINA_CACHE ?= $(abspath $(CLIENTS)/cache)

help: ## what can be typed
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/uv.stamp: requirements/uv.txt tools/bootstrap
	@echo "Making $(VENV)"
	@tools/bootstrap $(VENV) requirements/uv.txt
	@touch $@

$(VENV)/server.stamp: $(VENV)/uv.stamp requirements/server.txt pyproject.toml
	@echo "Installing oficina into $(VENV)"
	@VIRTUAL_ENV=$(VENV) $(INSTALL) -r requirements/server.txt
	@VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/server.stamp requirements/dev.txt
	@echo "Installing the tools of tests and style"
	@VIRTUAL_ENV=$(VENV) $(INSTALL) -r requirements/dev.txt
	@touch $@

# One environment per client, as a user would have it: oficina is in none of them.
$(CLIENTS)/%/stamp: requirements/%.txt $(VENV)/uv.stamp
	@echo "Installing $*"
	@$(UV) venv --quiet --clear --python $(BIN)/python $(CLIENTS)/$*
	@VIRTUAL_ENV=$(CLIENTS)/$* $(INSTALL) -r $<
	@touch $@

setup: $(VENV)/server.stamp ## the oficina command in .venv/bin

up: setup ## a server on port 4600
	@$(BIN)/oficina up

workshop: setup $(CLIENTS)/workshop/stamp ## the course, step by step, on a server of its own
	@$(BIN)/python workshop/run.py --python $(CLIENTS)/workshop/bin/python

lab: setup $(CLIENTS)/lab/stamp ## the course in JupyterLab, on a server of its own that remembers (workshop/home)
	@$(BIN)/oficina run --home workshop/home -- $(CLIENTS)/lab/bin/jupyter lab --notebook-dir workshop \
		$$([ "$$(id -u)" = 0 ] && echo --allow-root) $(LAB)

notebooks: $(CLIENTS)/workshop/stamp ## the learners' notebooks, built from their sources
	@$(CLIENTS)/workshop/bin/python workshop/build.py

test: $(VENV)/dev.stamp $(CLIENTS)/client-v3/stamp $(CLIENTS)/client-v2/stamp $(CLIENTS)/client-data/stamp $(CLIENTS)/client-mlflow/stamp $(CLIENTS)/client-mlflow2/stamp $(CLIENTS)/workshop/stamp ## all tests, two files at a time (TESTS=tests/unit for some)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations 20 $(TESTS)

test-floor: $(VENV)/dev.stamp $(CLIENTS)/client-floor/stamp ## programs of users with the oldest clients that are promised to work
	@$(BIN)/python -m pytest -m floor tests/client/test_floor.py

test-images: $(VENV)/uv.stamp ## the tests of images, each in its own environment
	@tools/test-images $(UV) $(BIN)/python $(CLIENTS)/images

lint: $(VENV)/dev.stamp ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.stamp ## mends style where a tool can
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

bench: $(VENV)/dev.stamp $(CLIENTS)/bench/stamp ## the benchmarks, beside what they are measured against
	@$(BIN)/python -m tests.bench

bench-smoke: $(VENV)/dev.stamp $(CLIENTS)/bench/stamp ## the benchmarks, a few rounds each
	@$(BIN)/python -m tests.bench --smoke

soak: $(VENV)/dev.stamp ## random work on a server that is killed at random (SOAK="--seed 7 --seconds 600 --mlflow")
	@$(BIN)/python -m tests.soak $(SOAK)

operations: setup ## the page of operations, from the code
	@$(BIN)/python tools/operations.py > docs/reference/operations.md.new
	@mv docs/reference/operations.md.new docs/reference/operations.md

pins: $(VENV)/uv.stamp ## newest versions into requirements/*.txt
	@tools/pins $(UV)

clean: ## all that make has made
	rm -rf $(VENV) $(CLIENTS) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build workshop/out

# `make run` and `make test` set up all they need; `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
# Of the tests. One more than there are cores: a third of their time is waiting for browsers and servers.
WORKERS ?= 3
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Of what pip says, the name of each package as its turn comes is enough; its errors pass untouched.
PIP_LINES := awk '/^Collecting/ { sub(/[^A-Za-z0-9_.-].*/, "", $$2); print "  " $$2 } /^Installing/ { print "  installing them" } { fflush() }'
install = set -o pipefail; $(BIN)/python -m pip install --progress-bar off -c constraints.txt $(1) | $(PIP_LINES)

.DELETE_ON_ERROR:  # no half-made virtual environment stays
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test fast lint types fix index doctor packages clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: $(RUN_STAMP)  ## set everything up, build the index, serve the page on 127.0.0.1:7860
	@echo "== The page (the index is built on first use; Ctrl-C ends it)"
	@$(BIN)/tutor serve

test: $(DEV_STAMP) packages lint types  ## set everything up, then lint, types and every test
	@echo "== Tests, all of them, $(WORKERS) at a time"
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

fast: $(DEV_STAMP)  ## the tests that need neither a model nor a browser
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow and not browser"

lint: $(DEV_STAMP)  ## ruff: rules and format; the corpus: facts, twins, sources, questions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tutor.corpus.lint

types: $(DEV_STAMP)  ## mypy, strict
	$(BIN)/mypy

fix: $(DEV_STAMP)  ## let ruff mend and format what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

index: $(RUN_STAMP)  ## build the index anew
	$(BIN)/tutor index --rebuild

doctor: $(RUN_STAMP)  ## what is installed, what is wrong, what to type
	$(BIN)/tutor doctor

clean:  ## remove the virtual environment, the built index and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find index -mindepth 1 ! -name README.md -delete

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here. Install Python 3.11 or newer, or type: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1). Type, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu type: sudo apt-get install python3-venv" >&2; exit 1; }
	@echo "== Virtual environment in $(VENV), from $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "== Packages (PyTorch is the largest, some 200 MB; minutes the first time)"
	@$(call install,-e .)
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "== Packages for running and for testing (PyTorch is the largest, some 200 MB; minutes the first time)"
	@$(call install,-e '.[dev]')
	@touch $@ $(RUN_STAMP)

# The browser tests drive a Chromium of the system; Korean on their screenshots needs a Hangul font.
CHROMIUM := command -v chromium-headless-shell || command -v chromium || command -v google-chrome
POSTGRES := command -v postgres || ls /usr/lib/postgresql/*/bin/postgres
packages:
	@if ($(CHROMIUM)) >/dev/null && fc-list 2>/dev/null | grep -qi nanum && ($(POSTGRES)) >/dev/null; then exit 0; fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	if command -v apt-get >/dev/null && { [ -z "$$sudo" ] || $$sudo true 2>/dev/null; }; then \
		echo "== Chromium, Korean fonts and PostgreSQL, by apt-get"; export DEBIAN_FRONTEND=noninteractive; \
		$$sudo apt-get -qq update && \
		for package in chromium-headless-shell chromium; do \
			$$sudo apt-get -qq install -y --no-install-recommends $$package fontconfig fonts-nanum postgresql >/dev/null && break; \
		done; \
	fi; \
	($(CHROMIUM)) >/dev/null && ($(POSTGRES)) >/dev/null || { echo "The tests need Chromium and PostgreSQL. Install the packages chromium, fonts-nanum and postgresql (Debian, Ubuntu) or their like, then type: make test" >&2; exit 1; }

# storyfold: what people and CI run. A fresh machine needs make and Python >= 3.11, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SHARED ?= $(or $(STORYFOLD_SHARED),../shared)
CORPORA := $(SHARED)/data

# The pure packages, of which unit tests are to cover every branch; and the floor for everything together.
PURE := services/storyfold/model/*,services/storyfold/hosts/*,services/storyfold/urls/*,services/storyfold/wire/*,services/storyfold/feeds/*,services/storyfold/articles/*,services/storyfold/events/*
# The house rule for the pure packages is 100; the floor is what is reached, and only rises.
PURE_FLOOR := 99
COVERAGE_FLOOR := 85

.PHONY: help demo run test test-kafka check cover bench chaos quality conformance docs lock example format clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-11s %s\n", $$1, $$2}'

# Installs exactly what the lock names, by hash, whenever the lock or the project file has changed. Without --no-deps
# older pips refuse a lock as soon as a newer release of a package named with an extra is out.
$(STAMP): requirements.lock pyproject.toml
	@python=""; \
	for each in python3.13 python3.12 python3.11 python3 python; do \
	  if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$$each"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "storyfold needs Python 3.11 or newer, and none was found on the PATH. Install it (Debian: apt-get install python3 python3-venv) and run make again." >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	  echo "$$python cannot make virtual environments: its venv or ensurepip is missing. Install it (Debian: apt-get install python3-venv) and run make again." >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	  rm -rf $(VENV); echo "making $(VENV) with $$python"; "$$python" -m venv $(VENV); \
	fi
	@echo "installing what requirements.lock names (once, about a minute)"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP) ## two minutes of news from a simulated press, folded; then a report read back from Kafka
	@$(BIN)/storyfold demo $(ARGS)

run: $(STAMP) storyfold.toml feeds.opml ## the service, with your storyfold.toml and feeds.opml (made from deploy/ at first)
	@$(BIN)/storyfold run --config storyfold.toml $(ARGS)

storyfold.toml: | deploy/storyfold.example.toml
	@cp deploy/storyfold.example.toml $@ && echo "wrote $@: your settings"

feeds.opml: | deploy/feeds.starter.opml
	@cp deploy/feeds.starter.opml $@ && echo "wrote $@: your feeds"

test: $(STAMP) ## all tests but the quality floors; in CI also the floor for the coverage of everything
ifdef CI
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest tests --ignore=tests/quality $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --fail-under=$(COVERAGE_FLOOR)
else
	@$(BIN)/python -m pytest tests --ignore=tests/quality $(ARGS)
endif

test-kafka: $(STAMP) ## the tests on Apache Kafka: where KAFKA_BOOTSTRAP_SERVERS says, or one that they start
	@$(BIN)/python -m pytest tests -m kafka $(ARGS)

check: $(STAMP) ## lint, format, types, layers, docs, coverage of the pure packages
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) docs
	@$(MAKE) cover

docs: $(STAMP) ## tests that hold the docs to the code
	@$(BIN)/python -m pytest -q tests/unit/test_docs_metrics.py tests/unit/test_docs_settings.py tests/unit/test_docs_commands.py

cover: $(STAMP) ## every branch of the pure packages, by unit tests alone
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q tests/unit
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='$(PURE)' --fail-under=$(PURE_FLOOR)

bench: $(STAMP) ## the benchmarks; each prints one JSON object as its last line
	@$(BIN)/python -m benchmarks.extraction --corpus $(CORPORA)/extraction/aeb
	@for corpus in giveme5w1h ecb; do $(BIN)/python -m benchmarks.folding --corpus $(CORPORA)/stories/$$corpus.jsonl.gz; done
	@$(BIN)/python -m benchmarks.polling
	@$(BIN)/python -m benchmarks.endtoend
	@$(BIN)/python -m benchmarks.delivery

chaos: $(STAMP) ## 200 faults while 20,000 articles are read by roles on two machines; half an hour, needs root
	@$(BIN)/python -m tests.chaos $(ARGS)

conformance: $(STAMP) ## the rules of polling, each against a server that misbehaves: rule, result, evidence
	@$(BIN)/python -m tests.conformance $(ARGS)

quality: $(STAMP) ## the quality floors, on the corpora beside the checkout
	@$(BIN)/python -m pytest tests/quality $(ARGS)

lock: $(STAMP) ## write requirements.lock anew: exact versions with hashes, for every Python from 3.11 on
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --constraint requirements.lock --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header --quiet --output-file deploy/requirements.lock

example: $(STAMP) ## write deploy/storyfold.example.toml anew from the settings in the code
	@$(BIN)/storyfold config example > deploy/storyfold.example.toml

format: $(STAMP) ## format and mend what can be mended
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

clean: ## remove what make made; your storyfold.toml, feeds.opml and var/ stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* build dist
	@find services tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

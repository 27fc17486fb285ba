SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint bench soak checks ready-to-run ready-to-test

BIN := .venv/bin
PROCESSES ?= 3

help: ## Cette aide
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ready-to-run ## Démarre le produit sur sa démonstration (PORT=8000, COCON_DATA=var)
	@exec tools/run.sh

test: ready-to-test checks ## Vérifie tout, du style au navigateur
	@$(BIN)/pytest --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder

lint: ready-to-test checks ## Vérifie le style, les types, les imports, les gabarits et les conventions
	@$(BIN)/pytest --quiet tests/house

bench: ready-to-test ## Mesure les performances, en rapports à des planchers
	@$(BIN)/python -m bench

soak: ready-to-test ## Joue les épreuves longues
	@$(BIN)/pytest -m soak --verbose -o faulthandler_timeout=0

checks: ready-to-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --strict
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python tools/vendor.py check

ready-to-run:
	@tools/setup.sh run

ready-to-test:
	@tools/setup.sh test

# Every command of the project.  The environment is made on the first use of whatever needs it.

SETUP := sh requirements/setup.sh
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Debian keeps mosquitto in a folder that an ordinary user's PATH leaves out.
export PATH := $(PATH):/usr/sbin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix vectors boards lock verifier fuzz bench soak clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv for developing (what needs it does this by itself)
	@$(SETUP) dev

demo: ## Run devices, gateway and ledger here; LOG=<sensor log> SEED=<text> choose what they live through
	@$(SETUP) demo
	@$(BIN)/coldseal demo $(if $(LOG),--log "$$LOG") $(if $(SEED),--seed "$$SEED")

test: ## Run all tests; ARGS="-k journal" passes options to pytest
	@$(SETUP) dev
	@$(PYTEST) $(ARGS)

check: ## Look for faults without running: ruff, mypy, layers, style, generated files, locks
	@$(SETUP) dev
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(PYTEST) --quiet tests/tidy

fix: ## Repair what ruff can repair
	@$(SETUP) dev
	@$(BIN)/ruff check --fix

vectors: ## Regenerate the golden vectors and tables
	@$(SETUP) dev
	@$(BIN)/python -m tests.generators

boards: ## Regenerate board modules, wiring tables and bills of materials from hardware/
	@$(SETUP) dev
	@$(BIN)/python -m hardware.generate

lock: ## Write requirements/*.txt from pyproject.toml; UPGRADE=1 takes the newest versions
	@sh requirements/lock.sh

verifier: ## Write build/coldseal-verifier.pyz and .html, which check a passport without Coldseal
	@$(SETUP) demo
	@mkdir -p build
	@$(BIN)/coldseal verifier --output build/coldseal-verifier.pyz
	@$(BIN)/coldseal verifier --output build/coldseal-verifier.html

fuzz: ## Give every parser hostile bytes; SECONDS_EACH=20 ARGS="statement" choose how long, which
	@$(SETUP) dev
	@$(BIN)/python -m tests.fuzz $(if $(ARGS),"$(ARGS)")

bench: ## Print the speed of what must be fast; ONLY=trace_ms chooses one
	@$(SETUP) dev
	@$(BIN)/python -m tests.bench

soak: ## Compare custody with its model in SOAK=2000 random histories (about 10 minutes)
	@$(SETUP) dev
	@SOAK=$${SOAK:-2000} $(PYTEST) --timeout 0 tests/property/test_custody_model.py

clean: ## Remove .venv, caches and build output
	@rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

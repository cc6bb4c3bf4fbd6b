# Darkroom's commands. `make` alone sets everything up and reproduces the intel study.
# Variables: LOCK=gpu (NVIDIA GPUs), PYTHON=/path/to/python3.12, TARGET=<study>, ARGS="-n" (handed to snakemake).

LOCK ?= $(shell cat .venv/.lock 2>/dev/null || echo cpu)
TARGET ?= intel
ENVIRONMENT := .venv
export PATH := $(CURDIR)/$(ENVIRONMENT)/bin:$(PATH)

.DEFAULT_GOAL := study
.PHONY: study environment test check reference benchmark report schema lock prune clean distclean help

study: environment  ## (default) set up, then make the study TARGET; what is up to date is not made again
	@snakemake $(TARGET) $(ARGS)
	@python -m workflow.verdict $(TARGET)

environment:  ## make .venv from the hashed locks
	@./requirements/install $(ENVIRONMENT) requirements/$(LOCK).txt requirements/development.txt
	@./workflow/without-git

test: environment  ## set up, then run the checks and the tests
	@$(MAKE) --no-print-directory check
	@pytest

check: environment  ## lint, format, spelling and types
	ruff check .
	ruff format --check .
	snakefmt --check workflow
	snakemake --lint
	codespell
	mypy

reference: environment  ## install torch (its build for processors) and the original network that tests compare ours with
	@python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/reference.txt

benchmark: environment  ## race the plain notebook script (ARGS="--data … --epochs 2"); writes benchmarks/*.csv
	@python -m benchmarks.race $(ARGS)
	@python -m benchmarks.pretrained $(ARGS)

report: environment  ## write report.html: every figure and table with its caption, in one page
	@snakemake --report report.html

schema: environment  ## write workflow/params.schema.json anew, after a change of stages/parameters
	@python -m stages.parameters.document > workflow/params.schema.json

lock: environment  ## resolve requirements/*.in into locks anew
	@./requirements/lock

prune: environment  ## remove what params.yaml no longer asks for, and say what and how much
	@python -m workflow.removal prune

clean: environment  ## remove everything that can be made again, but the environment, and say what and how much
	@python -m workflow.removal clean

distclean: clean  ## the same, and the environment
	@echo "$(ENVIRONMENT): $$(du -sh $(ENVIRONMENT) | cut -f1) removed"
	@rm -rf $(ENVIRONMENT)

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

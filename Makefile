# Darkroom's commands. `make` alone sets everything up and reproduces the intel study.
# Variables: LOCK=gpu (NVIDIA GPUs), PYTHON=/path/to/python3.12, TARGET=<study>, ARGS="-n" (handed to the command),
# DATA=<your images>, NAME=<what to call them> (of make new),
# FROM=<a checkout> (of make verify-published), SINGLE=1 (of make page), URL=<where results are shared>, PART=first (of make test-cluster), PART=steps (of make benchmark).

LOCK ?= $(shell cat .venv/.lock 2>/dev/null || echo cpu)
TARGET ?= intel
ENVIRONMENT := .venv
# The locks of what the remote of .dvc/config needs, if anything.
EXTENSIONS := $(shell sed -nE 's,^ *url = (s3|ssh)://.*,requirements/\1.txt,p' .dvc/config .dvc/config.local 2>/dev/null | sort -u)
export PATH := $(CURDIR)/$(ENVIRONMENT)/bin:$(PATH)

.DEFAULT_GOAL := study
.PHONY: study new environment test test-fast test-cluster test-browser check remote push pull merge reproducible reference benchmark faults report page worksheet \
	status watch tensorboard verify-published docs schema lock prune clean distclean help

study: environment  ## (default) set up, then make the study TARGET; what is up to date is not made again
	@snakemake $(TARGET) $(ARGS)

new: environment  ## write a study of your own images into params.yaml: DATA=../photographs, NAME=holidays if not the folder's
	@python -m darkroom.apps.new "$$DATA" --name "$$NAME"

environment:  ## make .venv from the hashed locks
	@./requirements/install $(ENVIRONMENT) requirements/$(LOCK).txt requirements/development.txt
	@./requirements/extend $(ENVIRONMENT) $(EXTENSIONS)
	@./workflow/without-git

test: environment  ## set up, then run the checks and all tests
	@$(MAKE) --no-print-directory check
	@pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-fast: environment  ## set up, then run the checks and the tests that train nothing and do not run the workflow
	@$(MAKE) --no-print-directory check
	@pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-cluster: environment  ## make a study on a Slurm that is started for it, then break things; PART=first: only the study
	@python -m tests.cluster.slurm
	@FAULTS=benchmarks/faults.csv pytest -vv --durations 0 tests/cluster$(if $(filter first,$(PART)),/test_cluster.py)

test-browser: environment  ## look at the pages in a real browser, Debian's package chromium, which is not installed for it
	@./requirements/extend $(ENVIRONMENT) requirements/browser.txt
	@pytest tests/browser

check: environment  ## lint, format, spelling and types, two at a time
	@printf '%s\n' mypy 'snakemake --lint' 'ruff check .' 'ruff format --check .' 'snakefmt --check workflow' codespell | \
		xargs -P 2 -I CHECK sh -xc CHECK

remote: environment  ## share results through URL=<a folder, ssh://… or s3://…>, for every clone
	@python -m workflow.remote "$$URL"
	@$(MAKE) --no-print-directory environment

push: environment  ## send all results that the remote lacks, also of parameters tried meanwhile
	@python -m workflow.sharing push

pull: environment  ## bring the results that dvc.lock records, and know of all others
	@python -m workflow.sharing pull

merge: environment  ## after a git merge: join dvc.lock, and write anew what is written from params.yaml
	@python -m workflow.merge

reproducible: environment  ## make TARGET in two clean clones and compare every output byte for byte
	@python -m workflow.audit.reproducible $(TARGET) $(ARGS)

verify-published: environment  ## evaluate models of published studies again, and compare every number: TARGET=<study>, FROM=<where models are>
	@python -m workflow.audit.published $(if $(filter file,$(origin TARGET)),,$(TARGET)) $(if $(FROM),--from "$(FROM)")

reference: environment  ## install torch and jax (builds for processors), and the original network, for the tests that need them
	@python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/reference.txt

faults: environment  ## inject every fault that benchmarks/campaign.csv has no row of; ARGS="--only gone", "--again", "--list"
	@python -m benchmarks.faults $(ARGS)
	@python -m benchmarks.pages

benchmark: environment  ## race the plain notebook script (ARGS="--data … --epochs 2"); PART=steps: time batch sizes and optimizers
	@for part in $(or $(PART),race pretrained); do python -m benchmarks.$$part $(ARGS) || exit; done

watch: environment  ## what runs now, how far it is, its memory and what waits, until Ctrl-C; also beside a cluster
	@python -m workflow.watch $(ARGS)

status: environment  ## what is done, running (where, since when), failed (why), lost, missing and left; also while snakemake runs
	@python -m workflow.status $(ARGS)

tensorboard: environment  ## show the logs that trainings with the callback TensorBoard write, in a browser; ARGS="--port 6007"
	@tensorboard --logdir logs/training $(ARGS)

report: environment  ## write report.html: all figures and tables that are made, in one page; TARGET=<study>: of one study
	@python -m workflow.reporting $(if $(filter file,$(origin TARGET)),,$(TARGET))

page: environment  ## open TARGET's page in a browser; SINGLE=1: write all that it shows into one file, exports/pages/TARGET.html
	@python -m darkroom.apps.page $(TARGET) $(if $(SINGLE),--single) $(ARGS)

worksheet: environment  ## write the worksheet of TARGET for a teacher, with its answers, and its exercises for students: HTML and PDF
	@python -m darkroom.apps.worksheet $(TARGET) $(ARGS)

docs: environment  ## make a site of README.md and docs/ in exports/site, to be read and searched without a network
	@./requirements/extend $(ENVIRONMENT) requirements/site.txt
	@NO_MKDOCS_2_WARNING=1 mkdocs build $(ARGS)
	@echo "exports/site/index.html: open it in a browser"

schema: environment  ## write workflow/params.schema.json anew, after a change of darkroom/params
	@python -m darkroom.params.schema > workflow/params.schema.json

lock: environment  ## resolve the dependencies of pyproject.toml into locks anew
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

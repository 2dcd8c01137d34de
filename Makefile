# Needs Python 3.11 or newer, make and git; everything else goes into .venv. Another Python: make PYTHON=python3.12 test
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help demo test lint docs bench fuzz slips

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | sort

demo: $(INSTALLED)  ## grade the example hand-ins
	PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(INSTALLED)  ## run all tests (some of them: make test ARGS="tests/bank -k yaml")
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: $(INSTALLED)  ## look for slips in the code
	$(BIN)/ruff check .

bench: $(INSTALLED)  ## time equality against other tools, marking, start-up, sheets
	$(BIN)/python benchmarks/equality.py
	$(BIN)/python benchmarks/marking.py
	$(BIN)/python benchmarks/sheets.py

slips: $(INSTALLED)  ## type every slip's answer into the whole bank: how many are told, and how many random answers get a name
	$(BIN)/python benchmarks/slips.py

fuzz: $(INSTALLED)  ## type 200,000 random answers (fewer: make fuzz ARGS="20000")
	$(BIN)/python benchmarks/fuzz.py $(ARGS)

docs: $(INSTALLED)  ## write docs/reference.md, docs/fields.md, the schemas, coverage.md, findings.md and README.md from code and bank
	$(BIN)/python docs/make_reference.py
	$(BIN)/python docs/make_fields.py
	$(BIN)/python docs/make_coverage.py
	$(BIN)/grader validate --only keys --to md -o docs/findings.md
	rm -rf demo-results/readme demo-results/sheet demo-results/handouts
	$(BIN)/python docs/make_practice.py
	$(BIN)/python docs/make_readme.py

# The stamp is newer than setup.cfg exactly when what setup.cfg asks for is installed.
$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "grader needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

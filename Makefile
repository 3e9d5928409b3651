# Every Equation Runs. `make read` opens the book, `make test` proves it; `make` alone lists the rest.
# Without make: the same commands stand in README.md.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
JOBS ?= 2
LIVE ?= 1

.DEFAULT_GOAL := help
.PHONY: help read site test lab equations bench notebooks lock clean system

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

read: site  ## build the book if need be, serve it on localhost, open a browser
	@$(BIN)/python website/serve.py

# A failed build forgets what it has read: otherwise the next one would not read it again, nor warn again.
site: $(INSTALLED)  ## build the book into _build/html; every warning is an error
	@LIVE=$(LIVE) $(BIN)/python website/vendor.py
	@echo "Building the book into _build/html (a minute or two the first time)"
	@$(BIN)/jupyter-book build . -W -n --keep-going -q || { rm -rf _build/.doctrees; exit 1; }

test: system site  ## prove it: library, equations, notebooks, built pages in a browser; one pytest summary
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lab: $(INSTALLED)  ## JupyterLab on the chapters
	$(BIN)/jupyter lab --notebook-dir=. chapters

equations: $(INSTALLED)  ## evaluate every displayed equation, and see its wrong versions rejected (CHAPTER=03: one chapter)
	$(BIN)/python -m equations --mutants $(CHAPTER)

bench: site  ## speed: nnlib side by side with PyTorch, scikit-learn, JAX and textbook NumPy; then the pages' own
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.live

notebooks: $(INSTALLED)  ## execute the chapters in the pinned environment and store their outputs
	$(BIN)/python website/execute.py $(NOTEBOOKS)

lock: $(INSTALLED)  ## write constraints.txt anew from requirements.txt
	$(BIN)/python website/lock.py

clean:  ## remove what was built (not the environment, not what was downloaded)
	rm -rf _build

system:
	@PYTHON=$(PYTHON) .ci/system chromium firefox

# pip is asked a second time if the network failed; the stamp makes it ask again only when the pins change.
$(INSTALLED): requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1; }
	@PYTHON=$(PYTHON) .ci/system venv
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -r requirements.txt || { sleep 10; $(BIN)/python -m pip install -q -r requirements.txt; }
	@touch $@

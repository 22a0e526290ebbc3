# Two commands do everything: `make demo` deploys and runs the sample pipeline on this
# machine, `make test` runs the tests.
# Both make the virtual environment first and install what is missing into it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check format clean

demo: $(VENV)/.installed node_modules/.installed
	@PATH="$(abspath $(BIN)):$$PATH" sample_app/demo.sh

test: $(VENV)/.installed node_modules/.installed
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) node_modules cdk.out .constructs-lib

$(VENV)/.installed: pyproject.toml sample_app/pipelines/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[dev]" --requirement sample_app/pipelines/requirements.txt
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --silent
	@touch $@

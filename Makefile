# Two commands do everything: `make demo` runs the sample pipeline, `make test` the tests.
# Both make the virtual environment first and install what is missing into it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CDK := node_modules/.bin/cdk
# The CDK CLI runs the app with the environment's Python; nothing is sent to anyone.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1
SYNTH := PATH="$(CURDIR)/$(BIN):$$PATH" $(CDK) synth --quiet --no-notices --no-version-reporting

.PHONY: demo test check format clean

demo: $(VENV)/.installed node_modules/.installed
	@echo "== synthesize sample_app into cdk.out"
	@$(SYNTH)
	@echo "== write the data that stands for the bucket Raw"
	@$(BIN)/python -m sample_app.data .constructs-lib/demo/raw
	@echo "== run the synthesized pipeline on this machine"
	@$(BIN)/constructs-lib run --bucket Raw=.constructs-lib/demo/raw

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

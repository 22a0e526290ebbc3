# Two commands do everything: `make demo` deploys and runs the sample pipeline on this
# machine, `make test` runs the tests.
# Both make the virtual environment first and install what is missing into it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test check differential benchmarks format clean

demo: $(VENV)/.installed node_modules/.installed
	@PATH="$(abspath $(BIN)):$$PATH" sample_app/demo.sh

test: $(VENV)/.installed node_modules/.installed
	$(BIN)/python -m pytest -n 2

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The same pipelines, made by this library and by both versions of the SageMaker SDK.
differential: $(VENV)/.installed $(VENV)-sdk-2/.installed $(VENV)-sdk-3/.installed
	SAGEMAKER_V2_PYTHON="$(abspath $(VENV)-sdk-2)/bin/python" \
	SAGEMAKER_V3_PYTHON="$(abspath $(VENV)-sdk-3)/bin/python" \
		$(BIN)/python -m pytest tests/differential

# Beside the SDK and hand-made templates; docs/explanation/performance.md. OPTIONS=--quick is short.
benchmarks: $(VENV)/.installed $(VENV)-sdk-2/.installed $(VENV)-sdk-3/.installed
	@SAGEMAKER_V2_PYTHON="$(abspath $(VENV)-sdk-2)/bin/python" \
	SAGEMAKER_V3_PYTHON="$(abspath $(VENV)-sdk-3)/bin/python" \
		$(BIN)/python -m benchmarks $(OPTIONS)

$(VENV)-sdk-2/.installed: SDK = sagemaker==2.257.7
$(VENV)-sdk-3/.installed: SDK = sagemaker==3.27.0
$(VENV)-sdk-%/.installed:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check "$(SDK)"
	@touch $@

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV)-sdk-* node_modules cdk.out .constructs-lib

$(VENV)/.installed: pyproject.toml sample_app/pipelines/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[dev]" --requirement sample_app/pipelines/requirements.txt
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --silent
	@touch $@

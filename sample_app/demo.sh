#!/usr/bin/env bash
# The sample pipeline from an empty account to its metrics, on this machine: `make demo` runs it
# with the virtual environment on the PATH.
set -euo pipefail

demo=.constructs-lib/demo
state=$demo/sandbox
options=(--no-notices --no-version-reporting --progress events)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 NODE_NO_WARNINGS=1

stage() { printf '\n== %s\n' "$1"; }
# Shows what a tool wrote only if it fails.
quietly() { "$@" >"$demo/output.txt" 2>&1 || { cat "$demo/output.txt" >&2; return 1; }; }

mkdir -p "$demo"
constructs-lib sandbox down --state "$state" 2>/dev/null || true
rm -rf "$state"
trap 'stage "end the sandbox"; constructs-lib sandbox down --state "$state"' EXIT

stage "start an empty AWS on a loopback port (constructs-lib sandbox up)"
quietly constructs-lib sandbox up --state "$state" --port 0
eval "$(constructs-lib sandbox env --state "$state")"

stage "prepare it for the CDK (cdk bootstrap)"
quietly npx cdk bootstrap "${options[@]}"

stage "synthesize sample_app, upload its code, make its resources (cdk deploy)"
quietly npx cdk deploy "${options[@]}" --require-approval never

stage "upload the data to the bucket Raw"
python -m sample_app.upload

stage "start the pipeline and wait (constructs-lib start Tumour --wait)"
constructs-lib start Tumour --wait

stage "show the metrics of the better model (constructs-lib result register metrics)"
constructs-lib result register metrics

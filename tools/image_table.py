"""Writes the table of the images that AWS builds: constructs_lib/service/images.json.

    python tools/image_table.py <site-packages>/sagemaker/core/image_uri_config

Accounts, Regions and versions are those that the SageMaker SDK 3.x knows. What it does not say is
here: the Python of images whose tag does not name it, by the Dockerfiles that AWS publishes in
github.com/aws: sagemaker-scikit-learn-container, sagemaker-xgboost-container,
deep-learning-containers, sagemaker-distribution. Images with a Python before 3.9 are left out.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "constructs_lib" / "service" / "images.json"
OLDEST_MINOR = 9

# Our family to the SDK's file, the repository, the tag.
FAMILIES = {
    "scikit_learn": ("sklearn", "sagemaker-scikit-learn", "{version}-cpu-py3"),
    "xgboost": ("xgboost", "sagemaker-xgboost", "{version}"),
    "pytorch": ("pytorch", "pytorch-training", "{version}-{processor}-py{python}"),
    "tensorflow": ("tensorflow", "tensorflow-training", "{version}-{processor}-py{python}"),
    "sagemaker_distribution": (
        "sagemaker-distribution",
        "sagemaker-distribution-prod",
        "{version}-{processor}",
    ),
    "base_python": ("sagemaker-base-python", "sagemaker-base-python-{python}", "1.0"),
}

# A minor version of the distribution is a tag that moves with its patches; Python's minor version
# changes with the major one only.
_DISTRIBUTIONS = {1: ("3.10", 13), 2: ("3.11", 14), 3: ("3.12", 9), 4: ("3.12", 4)}
PYTHONS = {
    "scikit_learn": {"1.2-1": "3.9", "1.4-2": "3.10", "1.4-2-py312": "3.12", "1.9-0": "3.12"},
    "xgboost": {"1.7-1": "3.9", "3.0-5": "3.10", "3.2-0": "3.12"},
    "sagemaker_distribution": {
        f"{major}.{minor}": python
        for major, (python, last) in _DISTRIBUTIONS.items()
        for minor in range(last + 1)
    },
    "base_python": {"3.10": "3.10"},
}


def main() -> None:
    """Read the SDK's files and write the table."""
    parser = argparse.ArgumentParser(description="Write the table of AWS-built images.")
    parser.add_argument("folder", type=Path, help="the SDK's image_uri_config")
    folder = parser.parse_args().folder
    table = {
        family: {
            "repository": repository,
            "tag": tag,
            **_versions(family, _read(folder / f"{file}.json")),
        }
        for family, (file, repository, tag) in FAMILIES.items()
    }
    TARGET.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    """Return version to what the SDK says of it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    versions: dict[str, Any] = content.get("training", content)["versions"]
    return versions


def _versions(family: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return the accounts of a family, and its versions with the Regions that they are not in."""
    pythons = PYTHONS.get(family) or _tagged(known)
    newest = list(known.values())[-1]
    registries = {version: known.get(version, newest)["registries"] for version in pythons}
    accounts: dict[str, str] = {}
    for found in registries.values():
        for region, account in found.items():
            if accounts.setdefault(region, account) != account:
                raise SystemExit(f"{family} has two accounts in {region}")
    versions = {
        version: {
            "python": python,
            "lacks": sorted(set(accounts) - set(registries[version])),
        }
        for version, python in pythons.items()
    }
    return {"versions": versions, "accounts": dict(sorted(accounts.items()))}


def _tagged(known: dict[str, Any]) -> dict[str, str]:
    """Return version to Python, of those that name it in their tag."""
    found = {}
    for version, entry in known.items():
        names = entry.get("py_versions", [])
        match = re.fullmatch(r"py3(\d+)", names[0]) if len(names) == 1 else None
        if match and int(match[1]) >= OLDEST_MINOR:
            found[version] = f"3.{match[1]}"
    return found


if __name__ == "__main__":
    main()

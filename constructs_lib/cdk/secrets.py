"""Values of secrets, which must not stand in a definition."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Set

from aws_cdk import Stack

from constructs_lib.cdk.readable import TOKEN, token_text
from constructs_lib.cdk.shown_settings import outline
from constructs_lib.definition.expressions import JSON
from constructs_lib.definition.renderer import every_step
from constructs_lib.exceptions import Fault
from constructs_lib.service.plain_values import flatten

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
_SECRET = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure):.*?\}\}", re.DOTALL)


def secret_faults(
    definition: JSON,
    locations: Mapping[str, str | None],
    stack: Stack,
    stand_ins: Set[str],
) -> Iterator[Fault]:
    """Yield a fault for each value that CloudFormation would replace by that of a secret.

    It would be in the definition, and in the request of each job, for all who may describe them.

    Args:
        definition: The definition; strings may hold CDK tokens.
        locations: Step name to the user's ``file:line``.
        stack: Where tokens are resolved.
        stand_ins: Tokens that stand for nothing.
    """
    tokens = set(TOKEN.findall(json.dumps(definition))) - stand_ins
    found = {token: _SECRET.search(token_text(token, stack)) for token in sorted(tokens)}
    secrets = {token: match[0] for token, match in found.items() if match is not None}
    for title, location, path, text in _texts(definition, locations) if secrets else ():
        for token in sorted(secrets.keys() & set(TOKEN.findall(text))):
            yield Fault(
                what=f"{title}: {path.removeprefix('Arguments.')} would show a secret",
                found=repr(secrets[token]),
                allowed="what all may read who can see the pipeline or its jobs",
                mend="Pass the secret itself to a @step function: it gets the ARN, and may read "
                "the value.",
                location=location,
            )


def _texts(
    definition: JSON, locations: Mapping[str, str | None]
) -> Iterator[tuple[str, str | None, str, str]]:
    """Yield what each text belongs to, where that was written, the text's path, and the text."""
    for parameter in definition["Parameters"]:
        for path, text in flatten(parameter):
            yield f"parameter {parameter['Name']!r}", None, path, text
    for step in every_step(definition):
        for path, text in flatten(outline(step)):
            yield f"step {step['Name']!r}", locations[step["Name"]], path, text

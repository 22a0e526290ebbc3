"""Where arguments travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pytest

from constructs_lib import (
    ExecutionVariables,
    ParameterInteger,
    ParameterString,
    S3Input,
    StepError,
    get_step,
    step,
)
from constructs_lib.model.expressions import Get, JoinOf
from constructs_lib.model.placement import (
    AtChannel,
    AtHyperparameter,
    Edge,
    InBundle,
    Joined,
    Nested,
    NestedInstance,
    Pickled,
    Placement,
    place,
)


@dataclass
class Config:
    depth: object
    name: str = "n"


class Point(NamedTuple):
    x: object


@step
def pair() -> tuple[int, int]: ...


@step
def one(): ...


@step
def consume(value, *more, **others): ...


def placed(*args: object, **kwargs: object) -> Placement:
    return place(get_step(consume(*args, **kwargs)))


def first(value: object) -> object:
    return placed(value).arguments[0][2]


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (6, "6", "json"),
        (0.1, "0.1", "json"),
        (True, "true", "json"),
        (None, "null", "json"),
        ("plain text", "plain text", "string"),
        ("größe", "größe", "string"),
        ([1, {"a": [None]}], '[1, {"a": [null]}]', "json"),
    ],
)
def test_short_plain_value_is_a_hyperparameter(value: object, text: str, kind: str) -> None:
    """What a reviewer can read in one line stands in the definition."""
    placement = placed(value)
    assert placement.arguments[0][2] == AtHyperparameter("value", kind)
    assert placement.hyperparameters == {"value": text}


@pytest.mark.parametrize("value", ["", "two\nlines", "x" * 257, list(range(200)), "tab\t", "\x00"])
def test_long_or_unprintable_plain_value_is_in_the_bundle(value: object) -> None:
    """What the service would refuse, or no reviewer could read, is a literal of the bundle."""
    assert first(value) == InBundle(value)


@pytest.mark.parametrize(
    "value", [float("nan"), {1, 2}, b"x", 1j, Config(3), object, pytest.param(10**5000, id="huge")]
)
def test_what_json_cannot_hold_is_pickled(value: object) -> None:
    """Other Python values travel as pickles."""
    found = first(value)
    assert isinstance(found, Pickled)
    assert found.value is value  # nan is equal to nothing, itself included


def test_variables_are_hyperparameters_with_their_type() -> None:
    """A parameter arrives as its declared type; text with variables as text."""
    depth, name = ParameterInteger("Depth"), ParameterString("Name")
    run = ExecutionVariables.PIPELINE_EXECUTION_ID
    placement = placed(depth, name, f"{name}-{depth}", run)
    kinds = [place.type for _, _, place in placement.arguments]
    assert kinds == ["integer", "string", "string", "string"]
    assert placement.hyperparameters == {
        "value": Get("Parameters.Depth"),
        "more.0": Get("Parameters.Name"),
        "more.1": JoinOf("", (Get("Parameters.Name"), "-", Get("Parameters.Depth"))),
        "more.2": Get("Execution.PipelineExecutionId"),
    }


def test_text_that_no_hyperparameter_holds_is_joined_by_the_step() -> None:
    """An f-string with a line break puts only its variables into hyperparameters."""
    name = ParameterString("Name")
    placement = placed(f"select *\nfrom {name}")
    assert placement.arguments[0][2] == Joined(
        "", (InBundle("select *\nfrom "), AtHyperparameter("value.1", "string"))
    )
    assert placement.hyperparameters == {"value.1": Get("Parameters.Name")}


def test_variables_are_found_in_containers() -> None:
    """Lists, tuples, dicts, dataclasses and named tuples keep their structure."""
    depth = ParameterInteger("Depth")
    placement = placed({"a": (depth, "x"), 2: [depth]}, Config(depth), Point(depth))
    assert [p for _, _, p in placement.arguments] == [
        Nested(
            "dict",
            (
                InBundle("a"),
                Nested(
                    "tuple",
                    (
                        AtHyperparameter("value.a.0", "integer"),
                        AtHyperparameter("value.a.1", "string"),
                    ),
                ),
                InBundle(2),
                Nested("list", (AtHyperparameter("value.2.0", "integer"),)),
            ),
        ),
        NestedInstance(
            Config,
            (
                ("depth", AtHyperparameter("more.0.depth", "integer")),
                ("name", AtHyperparameter("more.0.name", "string")),
            ),
        ),
        NestedInstance(Point, (("x", AtHyperparameter("more.1.x", "integer")),)),
    ]


def test_result_is_a_channel_and_a_declared_element_its_own() -> None:
    """``result[1]`` of a declared tuple mounts only that element; other indices are applied."""
    left, right = pair()
    plain = one()
    placement = placed(right["k"], plain["a"][0], others=left)
    assert [p for _, _, p in placement.arguments] == [
        AtChannel("value", ("k",)),
        AtChannel("more.0", ("a", 0)),
        AtChannel("others"),
    ]
    assert placement.channels == {
        "value": Edge(get_step(right), 1),
        "more.0": Edge(get_step(plain), None),
        "others": Edge(get_step(left), 0),
    }


def test_same_result_twice_is_one_channel() -> None:
    """Two arguments from the same result share its channel."""
    result = one()
    placement = placed(result, result["x"])
    assert list(placement.channels) == ["value"]
    assert placement.arguments[1][2] == AtChannel("value", ("x",))


def test_channel_names_are_legal_and_do_not_take_the_code_channel() -> None:
    """A channel is named for its argument, as far as the service allows."""

    @step
    def odd(code, größe): ...

    placement = place(get_step(odd(one(), one())))
    assert list(placement.channels) == ["code-2", "gr--e"]


def test_s3_input_is_a_channel() -> None:
    """S3 data has a channel, with the object's own variables kept."""
    name = ParameterString("Day")
    source = S3Input("bucket", f"in/{name}/")
    placement = placed(source)
    assert placement.arguments[0][2] == AtChannel("value", (), source)
    assert source.uri == JoinOf("", ("s3://bucket/in/", Get("Parameters.Day"), "/"))
    assert source.fixed_prefix == "in/"


@pytest.mark.parametrize(
    "make",
    [
        lambda: S3Input(3, "k"),
        lambda: S3Input("s3://bucket/key"),
        lambda: S3Input("b", "/k"),
        lambda: S3Input("b", 5),
        lambda: S3Input("b", "k", "Stream"),
    ],
)
def test_wrong_s3_input_is_refused(make: object) -> None:
    """Bucket, key and mode are checked where they are written."""
    with pytest.raises(StepError, match=r"test_placement\.py:\d+: S3Input has an unusable"):
        make()


MANIFEST = {"prefixes": ["images/"]}


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: S3Input("b", "k/", input_mode="Stream"), "input_mode: found 'Stream'"),
        (lambda: S3Input("b", "k/", distribution="Sharded"), "distribution: found 'Sharded'"),
        (lambda: S3Input("b", "k/", compression="Gzip"), "compression"),
        (lambda: S3Input("b", "k/", record_wrapping="RecordIO"), "record_wrapping"),
        (lambda: S3Input("b", "k/", shuffle_config={"seed": 1}), "shuffle_config"),
        (lambda: S3Input("b", "k/", instance_groups="a"), "instance_groups: found 'a'"),
        (lambda: S3Input("b", "k/", prefixes=["x/"]), "prefixes"),
        (lambda: S3Input("b", "k", s3_data_type="ManifestFile"), "prefixes"),
        (lambda: S3Input.manifest("b", "k/", **MANIFEST), "key"),
        (lambda: S3Input.manifest("b", "k", prefixes=[]), "prefixes"),
        (lambda: S3Input.manifest("b", "k", input_mode="FastFile", **MANIFEST), "input_mode"),
        (lambda: S3Input.manifest("b", "k", attribute_names=["a"], **MANIFEST), "attribute_names"),
    ],
)
def test_members_of_a_channel_are_checked_together(make: object, found: str) -> None:
    """What the service refuses, or does not heed, is refused where it is written."""
    with pytest.raises(StepError, match="S3Input has an unusable") as error:
        make()
    assert f"unusable {found}" in str(error.value)


def test_manifest_is_a_folder_with_places_of_its_own() -> None:
    """The role reads the manifest and where its objects are, and nothing else."""
    source = S3Input.manifest("b", "lists/new.json", prefixes=["images/", "s3://other/more/"])
    assert source.is_folder
    assert source.s3_data_type == "ManifestFile"
    assert source.readable == [("b", "lists/new.json"), ("b", "images/"), ("other", "more/")]


def test_cdk_token_is_a_variable() -> None:
    """Text that only CloudFormation knows never enters a bundle."""
    token = "${Token[TOKEN.12]}"
    assert first(token) == AtHyperparameter("value", "string")
    assert placed([token]).hyperparameters == {"value.0": token}

"""Assemblies with several stacks: nested, in Stages, and reading from each other."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import LocalRunError
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.folders import FolderStore

BUCKET = {"Type": "AWS::S3::Bucket"}
ASSETS = "assets-${AWS::AccountId}-${AWS::Region}"


def pipeline(name: str, bucket: Any, **properties: Any) -> dict[str, Any]:
    body = {"Fn::Join": ["", ['{"Steps": [], "Bucket": "', bucket, '"}']]}
    definition = {"PipelineDefinitionBody": body}
    return {
        "Type": "AWS::SageMaker::Pipeline",
        "Properties": {"PipelineName": name, "PipelineDefinition": definition, **properties},
    }


def write(
    folder: Path,
    stacks: dict[str, dict[str, Any]],
    assets: dict[str, str] | None = None,
    **artifact: Any,
) -> Path:
    """Write an assembly.

    Args:
        folder: Where.
        stacks: Path of a stack to its template.
        assets: Object key to file.
        artifact: More members of each stack's artifact.
    """
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {}
    for path, template in stacks.items():
        name = path.replace("/", "-")
        (folder / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json", "stackName": name},
            "displayName": path,
            **artifact,
        }
    files = {
        key: {
            "source": {"path": file},
            "destinations": {"here": {"bucketName": ASSETS, "objectKey": key}},
        }
        for key, file in (assets or {}).items()
    }
    (folder / "x.assets.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    # Last on purpose: what is read must not depend on the manifest's order.
    artifacts["x"] = {"type": "cdk:asset-manifest", "properties": {"file": "x.assets.json"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    return folder


def bucket_of(assembly: Assembly, name: str) -> str:
    return str(assembly.find(name).definition["Bucket"])


def test_pipeline_reads_a_bucket_of_another_stack(tmp_path: Path) -> None:
    """What one stack exports, another imports; --bucket finds the bucket by its own names."""
    data = {
        "Resources": {"Raw1234ABCD": BUCKET},
        "Outputs": {
            "Out": {
                "Value": {"Ref": "Raw1234ABCD"},
                "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:Raw"}},
            }
        },
    }
    training = {"Resources": {"P": pipeline("p", {"Fn::ImportValue": "Data:Raw"})}}
    assembly = Assembly(write(tmp_path, {"Training": training, "Data": data}))
    assert bucket_of(assembly, "p") == "raw1234abcd"
    for name in ("Raw", "Data/Raw", "Raw1234ABCD", "raw1234abcd"):
        found = assembly.find_bucket(name, "Training")
        assert found is not None
        assert found.name == "raw1234abcd"
    assert assembly.find_bucket("aw", "Training") is None


def test_pipeline_in_a_nested_stack_reads_its_parents_and_siblings_buckets(tmp_path: Path) -> None:
    """A nested stack is an asset; parameters and outputs connect it with the others."""

    def nested(key: str, **properties: Any) -> dict[str, Any]:
        url = {"Fn::Join": ["", ["https://s3/", {"Fn::Sub": ASSETS}, f"/{key}"]]}
        return {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url, **properties},
        }

    parent = {
        "Resources": {
            "Own": BUCKET,
            "Data": nested("data.json"),
            "First": nested("first.json", Parameters={"Given": {"Ref": "Own"}}),
            "Second": nested(
                "second.json", Parameters={"Given": {"Fn::GetAtt": ["Data", "Outputs.Out"]}}
            ),
        }
    }
    children = {
        "data": {"Resources": {"Deep": BUCKET}, "Outputs": {"Out": {"Value": {"Ref": "Deep"}}}},
        "first": {"Resources": {"P": pipeline("first", {"Ref": "Given"})}},
        "second": {"Resources": {"P": pipeline("second", {"Ref": "Given"})}},
    }
    for name, template in children.items():
        (tmp_path / f"{name}.nested.json").write_text(json.dumps(template), encoding="utf-8")
    assets = {f"{name}.json": f"{name}.nested.json" for name in children}
    assembly = Assembly(write(tmp_path, {"Parent": parent}, assets))
    assert bucket_of(assembly, "first") == "own"
    assert bucket_of(assembly, "second") == "deep"


def test_buckets_of_two_stacks_with_one_logical_id_are_two(tmp_path: Path) -> None:
    """Their names differ; what the user calls them is looked for in the pipeline's stack first."""
    stacks = {
        stage: {"Resources": {"Raw": BUCKET, "P": pipeline(f"p-{stage.lower()}", {"Ref": "Raw"})}}
        for stage in ("Dev", "Prod")
    }
    assembly = Assembly(write(tmp_path, stacks))
    assert bucket_of(assembly, "p-dev") == "dev-raw"
    assert bucket_of(assembly, "p-prod") == "prod-raw"
    own = assembly.find_bucket("Raw", "Prod")
    assert own is not None
    assert own.name == "prod-raw"
    with pytest.raises(LocalRunError, match="2 buckets are called 'Raw': Dev/Raw, Prod/Raw"):
        assembly.find_bucket("Raw", "Elsewhere")
    with pytest.raises(LocalRunError, match="2 pipelines called 'P'"):
        assembly.find("P")


def test_pipelines_of_one_name_are_told_by_path(tmp_path: Path) -> None:
    """The message lists paths where names would not tell them apart."""
    stacks = {stage: {"Resources": {"P": pipeline("p", "b")}} for stage in ("Dev", "Prod")}
    assembly = Assembly(write(tmp_path, stacks))
    with pytest.raises(LocalRunError, match="the assembly has: Dev/P, Prod/P"):
        assembly.find("p")
    assert assembly.find("Prod/P").resource.stack == "Prod"


def test_construct_paths_are_read_from_beside_the_template(tmp_path: Path) -> None:
    """Without paths in the template, those of the assembly's metadata are used."""
    resources = {"TumourArtifacts99": BUCKET, "P": pipeline("p", "b")}
    metadata = {"/Dev/Ml/Tumour/Artifacts/Resource": "TumourArtifacts99", "/Dev/Ml/Pipe": "P"}
    content = {p: [{"type": "aws:cdk:logicalId", "data": i}] for p, i in metadata.items()}
    (tmp_path / "m.json").write_text(json.dumps(content), encoding="utf-8")
    stacks = {"Dev/Ml": {"Resources": resources}}
    assembly = Assembly(write(tmp_path, stacks, additionalMetadataFile="m.json"))
    assert assembly.find("Ml/Pipe").name == "p"
    bucket = assembly.find_bucket("Tumour/Artifacts", "Dev/Ml")
    assert bucket is not None
    assert bucket.construct == "Tumour/Artifacts"


def test_a_stack_that_cannot_be_resolved_does_not_disturb_others(tmp_path: Path) -> None:
    """Only the pipeline that is asked for is resolved; an unknown name is replaced."""
    unknown = {"Ref": "NoDefault"}
    resources = {
        "Good": pipeline("good", {"Ref": "B"}),
        "Bad": pipeline("bad", unknown),
        "B": {**BUCKET, "Properties": {"BucketName": unknown}},
    }
    template = {"Parameters": {"NoDefault": {"Type": "String"}}, "Resources": resources}
    assembly = Assembly(write(tmp_path, {"S": template}))
    assert bucket_of(assembly, "good") == "b"
    with pytest.raises(LocalRunError, match="refers to 'NoDefault'"):
        assembly.find("bad")


def test_conditions_may_name_each_other() -> None:
    """Fn::And, Fn::Or and Fn::Not take other conditions."""
    from constructs_lib.local.intrinsics import Template

    yes, no = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}
    template = Template(
        {
            "Conditions": {
                "Yes": yes,
                "No": no,
                "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
                "Any": {"Fn::Or": [{"Condition": "No"}, yes]},
                "Other": {"Fn::Not": [{"Condition": "Yes"}]},
            }
        },
        "S",
    )
    held = [template.resolve({"Fn::If": [n, 1, 0]}) for n in ("Both", "Any", "Other")]
    assert held == [0, 1, 0]
    without = {"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, {"Fn::Base64": "x"}]}
    assert template.resolve(without) == {"b": ["eA=="]}


def test_definition_may_be_an_asset(tmp_path: Path) -> None:
    """A definition too large for the template is read from where it is published."""
    location = {"Bucket": {"Fn::Sub": ASSETS}, "Key": "d.json"}
    big = pipeline("p", "b", PipelineDefinition={"PipelineDefinitionS3Location": location})
    (tmp_path / "definition").write_text('{"Steps": [], "Bucket": "far"}', encoding="utf-8")
    stacks = {"S": {"Resources": {"P": big}}}
    assert bucket_of(Assembly(write(tmp_path, stacks, {"d.json": "definition"})), "p") == "far"
    with pytest.raises(LocalRunError, match=r"d\.json, which is no asset of the assembly"):
        Assembly(write(tmp_path, stacks)).find("p")


@pytest.mark.parametrize("content", ["{", None])
def test_damaged_assembly_is_one_clear_message(tmp_path: Path, content: str | None) -> None:
    """A template that is missing or cut off is named."""
    write(tmp_path, {"S": {"Resources": {}}})
    path = tmp_path / "S.template.json"
    path.unlink() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(LocalRunError, match=r"S\.template\.json is .* synthesize the app again"):
        Assembly(tmp_path)


def test_assets_are_objects_and_folders_are_zips(tmp_path: Path) -> None:
    """A file lands under its key, a folder as the zip that the CDK would publish."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.py").write_text("a")
    (tmp_path / "f").write_text("f")
    assets = {"one.zip": "code", "two.txt": "f"}
    assembly = Assembly(write(tmp_path, {"S": {"Resources": {}}}, assets))
    store = FolderStore(tmp_path / "root", assembly, {})
    bucket = "s3://assets-000000000000-us-east-1"
    assert store.download(f"{bucket}/two.txt", tmp_path / "x") == 1
    assert (tmp_path / "x" / "two.txt").read_text() == "f"
    assert store.download(f"{bucket}/one.zip", tmp_path / "y") == 1
    assert zipfile.ZipFile(tmp_path / "y" / "one.zip").namelist() == ["a.py"]


@pytest.mark.parametrize("uri", ["s3://b//etc/hosts", "s3://../x", "s3://b/a/../../x"])
def test_no_key_leads_out_of_its_bucket(tmp_path: Path, uri: str) -> None:
    """Neither an absolute key nor one that climbs is read."""
    store = FolderStore(tmp_path / "root", Assembly(write(tmp_path, {})), {})
    with pytest.raises(LocalRunError, match="which no folder can play"):
        store.download(uri, tmp_path / "channel")

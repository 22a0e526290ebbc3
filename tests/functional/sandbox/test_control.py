"""Starting and ending the sandbox, and what stands in the way."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from pathlib import Path

import pytest

from constructs_lib.cli.main import main
from constructs_lib.exceptions import SandboxError
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import make_role


def test_commands_start_and_end_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``up`` prints what to export, ``status`` tells, ``down`` keeps the state, ``reset`` not."""
    state = ["--state", str(tmp_path / "state")]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert main(["sandbox", "status", *state]) == 1
    assert main(["sandbox", "up", "--port", str(port), *state]) == 0
    try:
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n" in capsys.readouterr().out
        assert main(["sandbox", "status", *state]) == 0
        Sandbox(tmp_path / "state").client("s3").create_bucket(Bucket="kept")
        assert main(["sandbox", "down", *state]) == 0
        assert main(["sandbox", "up", "--port", str(port), *state]) == 0
        s3 = Sandbox(tmp_path / "state").client("s3")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["kept"]
        assert main(["sandbox", "reset", *state]) == 0
        assert s3.list_buckets()["Buckets"] == []
    finally:
        main(["sandbox", "down", *state])
    capsys.readouterr()
    assert main(["sandbox", "env", *state]) == 2
    assert "start it with `constructs-lib sandbox up`" in capsys.readouterr().err


def test_functions_are_kept(tmp_path: Path) -> None:
    """A deployed function is there after a restart, by name and by ARN."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    with Sandbox(tmp_path / "state") as sandbox:
        arn = sandbox.client("lambda").create_function(
            FunctionName="kept",
            Runtime="python3.12",
            Role=make_role(sandbox, "functions"),
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
        )["FunctionArn"]
        sandbox.down()
        sandbox.up()
        for name in ("kept", arn):
            found = sandbox.client("lambda").get_function(FunctionName=name)
            assert found["Configuration"]["Handler"] == "app.handler"


def test_keys_are_kept(tmp_path: Path) -> None:
    """A key of KMS is there after a restart, and opens what it has locked."""
    with Sandbox(tmp_path / "s") as sandbox:
        kms = sandbox.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        locked = kms.encrypt(KeyId=key, Plaintext=b"text")["CiphertextBlob"]
        pair = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        public = kms.get_public_key(KeyId=pair["KeyId"])["PublicKey"]
    with Sandbox(tmp_path / "s") as sandbox:
        kms = sandbox.client("kms")
        assert kms.decrypt(CiphertextBlob=locked)["Plaintext"] == b"text"
        assert kms.get_public_key(KeyId=pair["KeyId"])["PublicKey"] == public


def test_port_in_use_is_named(tmp_path: Path) -> None:
    """A port that somebody else listens on is refused before anything starts."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} cannot be used.*--port"):
            Sandbox(tmp_path / "state", port=port).up()


def test_stale_record_is_no_sandbox(tmp_path: Path) -> None:
    """A record of a process that has ended, or is another program by now, is not believed."""
    for pid in (2**22 + 1, 1):
        (tmp_path / "process.json").write_text(json.dumps({"pid": pid, "port": 9}))
        assert not Sandbox(tmp_path).is_up()
        assert Sandbox(tmp_path).down() is False


def test_damaged_state_says_what_to_do(tmp_path: Path) -> None:
    """A state that cannot be read is not overwritten; the error names the way out."""
    (tmp_path / "aws.pickle").write_bytes(b"half")
    with pytest.raises(SandboxError, match=r"cannot be read .*sandbox reset"):
        Sandbox(tmp_path).up()
    assert (tmp_path / "aws.pickle").read_bytes() == b"half"


def test_missing_interpreter_is_named(tmp_path: Path) -> None:
    """An interpreter for the steps that is not there is refused at once."""
    with pytest.raises(SandboxError, match="--python python0"):
        Sandbox(tmp_path, python="python0").up()

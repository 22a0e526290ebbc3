"""How a job starts a step's function more than once, or with other tools than Python alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SparkConfig:
    """Runs a step's function as a Spark application, in an image that has Spark.

    Attributes:
        submit_jars: S3 URIs or paths in the image of jars for driver and executors.
        submit_py_files: The same of Python files for the executors.
        submit_files: The same of data files for the executors.
        configuration: Spark properties, or EMR-style classifications as the SageMaker SDK takes
            them: ``[{"Classification": "spark-defaults", "Properties": {...}}]``.
        spark_event_logs_uri: S3 URI for Spark's event log.
    """

    submit_jars: Sequence[str] = ()
    submit_py_files: Sequence[str] = ()
    submit_files: Sequence[str] = ()
    configuration: Mapping[str, Any] | Sequence[Mapping[str, Any]] = ()
    spark_event_logs_uri: str | None = None

    def properties(self) -> dict[str, str]:
        """Return the Spark properties that the configuration sets."""
        if isinstance(self.configuration, Mapping) and "Classification" not in self.configuration:
            found = {str(key): str(value) for key, value in self.configuration.items()}
        else:
            entries = self.configuration
            listed = [entries] if isinstance(entries, Mapping) else entries
            found = {
                str(key): str(value)
                for entry in listed
                for key, value in entry.get("Properties", {}).items()
            }
        if self.spark_event_logs_uri is not None:
            uri = self.spark_event_logs_uri.replace("s3://", "s3a://", 1)
            found |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": uri}
        return found

    def options(self) -> list[str]:
        """Return the arguments of ``spark-submit``."""
        lists = {
            "--jars": self.submit_jars,
            "--py-files": self.submit_py_files,
            "--files": self.submit_files,
        }
        found = [part for name, uris in lists.items() if uris for part in (name, ",".join(uris))]
        for key, value in self.properties().items():
            found += ["--conf", f"{key}={value}"]
        return found

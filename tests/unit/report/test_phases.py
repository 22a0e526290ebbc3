"""The phases of a job's time."""

from __future__ import annotations

from constructs_lib.report.phases import phases_of
from tests.unit.report.runs import at

TRAINING = {
    "SecondaryStatusTransitions": [
        {"Status": "Starting", "StartTime": at(5), "EndTime": at(60)},
        {"Status": "Training", "StartTime": at(60), "EndTime": at(90)},
        {"Status": "Completed", "StartTime": at(90), "EndTime": at(90)},
    ]
}


def test_transitions_and_the_waiting_before() -> None:
    """What the service did, and how long the step waited for its job; nothing without a duration."""
    found = [(p.name, p.start, p.end) for p in phases_of(TRAINING, at(0), at(91))]
    assert found == [
        ("Queued", at(0), at(5)),
        ("Starting", at(5), at(60)),
        ("Training", at(60), at(90)),
    ]


def test_a_running_phase_has_no_end() -> None:
    """A job that runs is in its last phase."""
    running = {"SecondaryStatusTransitions": [{"Status": "Training", "StartTime": at(0)}]}
    assert [(p.name, p.end) for p in phases_of(running, at(0), None)] == [("Training", None)]


def test_processing_jobs_tell_two_times() -> None:
    """Created and begun: what is between is the start."""
    description = {"CreationTime": at(1), "ProcessingStartTime": at(40)}
    names = [(p.name, p.start) for p in phases_of(description, at(1), at(50))]
    assert names == [("Starting", at(1)), ("Running", at(40))]


def test_the_job_of_a_cache_hit_has_none() -> None:
    """Its phases were those of another execution."""
    assert list(phases_of(TRAINING, at(10_000), at(10_001))) == []
    assert list(phases_of({}, at(0), at(1))) == []

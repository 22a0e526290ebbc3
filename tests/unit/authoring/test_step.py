"""What the decorator does to a function, and what a call gives."""

from __future__ import annotations

import inspect

import pytest

from constructs_lib import DelayedReturn, StepDefaults, StepError, get_step, step


@step
def add(first: int, second: int = 2, *rest: int, scale: float = 1.0, **extra: int) -> float:
    """Add numbers."""
    return (first + second + sum(rest) + sum(extra.values())) * scale


def test_bare_decorator_keeps_the_function_reachable() -> None:
    """The undecorated function can be called in unit tests."""
    assert add.func(1, 2) == add.__wrapped__(1, 2) == 3
    assert add.__name__ == "add"
    assert add.__doc__ == "Add numbers."
    assert list(inspect.signature(add).parameters) == ["first", "second", "rest", "scale", "extra"]


def test_call_does_not_run_the_function() -> None:
    """A call gives a stand-in, and the function's body does not run."""

    @step
    def explode() -> None:
        raise AssertionError

    assert isinstance(explode(), DelayedReturn)


def test_decorator_takes_settings() -> None:
    """Settings of the decorator are those of its steps."""

    @step(name="fast", instance_type="ml.c5.large")
    def work() -> None: ...

    settings = get_step(work()).settings
    assert (settings.name, settings.instance_type) == ("fast", "ml.c5.large")


def test_step_is_a_higher_order_function() -> None:
    """``step(f, name=...)`` equals the decorated form."""

    def work() -> None: ...

    assert get_step(step(work, name="other")()).settings.name == "other"
    assert get_step(step(work)()).base_name == "work"


def test_options_of_one_call_site_leave_the_function_as_it_was() -> None:
    """``with_options`` returns a changed copy."""
    changed = add.with_options(instance_type="ml.m5.4xlarge")
    assert get_step(changed(1)).settings.instance_type == "ml.m5.4xlarge"
    assert get_step(add(1)).settings.instance_type == "ml.m5.large"


def test_settings_are_copied() -> None:
    """What the caller does to a dict after the declaration does not reach the step."""
    environment = {"A": "1"}

    @step(environment_variables=environment)
    def work() -> None: ...

    environment["B"] = "2"
    assert get_step(work()).settings.environment_variables == {"A": "1"}


@pytest.mark.parametrize(
    ("args", "kwargs", "names"),
    [
        ((1,), {}, [("first", False)]),
        ((1, 5), {"scale": 2.0}, [("first", False), ("second", False), ("scale", False)]),
        (
            (1, 2, 3, 4),
            {},
            [("first", True), ("second", True), ("rest.0", True), ("rest.1", True)],
        ),
        ((), {"first": 1, "other": 7}, [("first", False), ("other", False)]),
    ],
)
def test_call_binds_to_the_signature(args: tuple, kwargs: dict, names: list) -> None:
    """Positional, keyword-only, variadic and extra arguments are bound as Python binds them."""
    bound = get_step(add(*args, **kwargs)).arguments
    assert [(name, positional) for name, positional, _ in bound] == names


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: add(), "missing a required argument: 'first'"),
        (lambda: step(lambda x: x)(1, y=2), "got an unexpected keyword argument 'y'"),
        (lambda: step(lambda x: x)(1, 2), "too many positional arguments"),
    ],
)
def test_wrong_call_is_refused_where_it_is_written(call: object, found: str) -> None:
    """A call that does not fit names the fault, the signature and the user's line."""
    with pytest.raises(StepError) as caught:
        call()
    fault = caught.value.fault
    assert found in fault.found
    assert "test_step.py:" in str(fault.location)
    assert "(" in fault.allowed


def test_unknown_setting_is_refused_with_the_known_ones() -> None:
    """A misspelled setting is an error at decoration."""
    with pytest.raises(StepError, match=r"found 'instance_tipe', .*Did you mean 'instance_type'"):
        step(instance_tipe="ml.m5.large")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: step(_coroutine), "async function"),
        (lambda: step(_generator), "generator function"),
        (lambda: step(int), "not a function"),
        (lambda: step(3), "not a function"),
    ],
)
def test_what_cannot_be_a_step_is_refused_at_decoration(make: object, reason: str) -> None:
    """Coroutines, generators, classes and other objects are refused."""
    with pytest.raises(StepError, match=reason):
        make()


def test_methods_are_refused() -> None:
    """A step called on an instance has a ``self`` that no container has."""

    class Trainer:
        @step
        def train(self, depth: int) -> None: ...

    with pytest.raises(StepError, match="called as a method"):
        Trainer().train(3)


async def _coroutine() -> None: ...


def _generator():
    yield 1


class Writer:
    def write(self, value, folder): ...
    def read(self, folder): ...


class Half:
    def write(self, value, folder): ...


def local_writer() -> type:
    class Inner(Writer):
        pass

    return Inner


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ("picle", r"'picle', allowed: 'arrow'.*Did you mean 'pickle'\?"),
        (3, "3 .int."),
        (Half, "the class Half without read"),
        (Writer(), "Give the class itself"),
        (local_writer(), r"defined inside local_writer\(\)"),
        (("pickle", "x"), "'x'"),
    ],
)
def test_wrong_serializer_is_refused_at_decoration(choice: object, found: str) -> None:
    """Names and classes are looked at where they are written, with a suggestion."""
    with pytest.raises(StepError, match=found) as error:
        step(serializer=choice)
    assert "test_step.py:" in str(error.value)


@pytest.mark.parametrize("choice", ["pickle", Writer, None])
def test_serializer_is_a_name_or_a_class(choice: object) -> None:
    """Both are for the whole result, or for each of its elements."""
    assert get_step(step(add, serializer=choice)(1)).settings.serializer is choice


def test_serializers_of_a_tuple_are_as_many_as_its_elements() -> None:
    """What the annotation does not promise cannot have a serializer of its own."""

    def two() -> tuple[int, int]: ...

    assert get_step(step(two, serializer=["pickle", None])()).settings.serializer == (
        "pickle",
        None,
    )
    with pytest.raises(StepError, match="for each of 3 values: found it is annotated to return 2"):
        step(two, serializer=("pickle", None, Writer))()
    with pytest.raises(StepError, match="no tuple of fixed length"):
        step(add, serializer=("pickle",))(1)


def test_defaults_of_a_pipeline_have_one_serializer() -> None:
    """Its steps return tuples of many lengths."""
    with pytest.raises(StepError, match="one serializer; a step may have one an element"):
        StepDefaults(serializer=("pickle", "json"))

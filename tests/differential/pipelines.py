"""Pipelines written once, in the names that the SageMaker SDK and this library share.

Each function takes a namespace with those names (see ``adapters``) and returns the steps and the
parameters of a pipeline. ``PIPELINES`` finds them all by name. Names, images and roles are given
everywhere, because the defaults of the two differ by design.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
ROLE = "arn:aws:iam::123456789012:role/steps"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:check"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/approvals"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0"

Made = tuple[list[Any], list[Any]]
PIPELINES: dict[str, Callable[[Any], Made]] = {}


def pipeline(function: Callable[[Any], Made]) -> Callable[[Any], Made]:
    """Put a function into ``PIPELINES``, with dashes in its name."""
    PIPELINES[function.__name__.replace("_", "-")] = function
    return function


def work(*values):
    """Stand for any function: nothing here runs."""
    return values


def table(rows=1):
    """Return something to take items from."""
    return [{"k": rows}]


def metrics(frame=None):
    """Return a mapping."""
    return {"auc": 0.9, "type": "ml.m5.xlarge", "stage": "test", "many": [1, 2]}


def pair() -> tuple[float, str]:
    """Declare a tuple, which this library stores by element."""
    return 0.5, "a"


def step(sdk: Any, name: str, func: Callable[..., Any] = work, **settings: Any) -> Any:
    """Return a step function with what every step here has."""
    common = {"image_uri": IMAGE, "role": ROLE, "instance_type": "ml.m5.large"}
    return sdk.step(func, name=name, **{**common, **settings})


# Who waits for whom


@pipeline
def linear(sdk):
    """Each step takes what the one before returned; only the last is listed."""
    loaded = step(sdk, "load", table)(3)
    trained = step(sdk, "train")(loaded)
    return [step(sdk, "report")(trained)], []


@pipeline
def fan_out_fan_in(sdk):
    """Three steps take one result, one step takes all of theirs."""
    loaded = step(sdk, "load", table)()
    parts = [step(sdk, f"train-{depth}")(loaded, depth) for depth in (1, 2, 3)]
    return [step(sdk, "choose")(*parts)], []


@pipeline
def independent_steps(sdk):
    """Two steps that have nothing to do with each other."""
    return [step(sdk, "a")(), step(sdk, "b")()], []


@pipeline
def order_without_data(sdk):
    """A step waits for another whose result it does not take."""
    first = step(sdk, "first")()
    second = step(sdk, "second")()
    sdk.get_step(second).add_depends_on([first])
    return [second], []


@pipeline
def order_by_name(sdk):
    """Steps that wait for others by name, of several types."""
    loaded = step(sdk, "load")()
    asked = sdk.LambdaStep(
        "ask", lambda_func=sdk.function(FUNCTION), inputs={"a": 1}, depends_on=["load"]
    )
    failed = sdk.FailStep("stop", error_message="no", depends_on=["ask"])
    return [loaded, asked, failed], []


@pipeline
def order_of_steps_by_object(sdk):
    """Steps that wait for step objects and for results."""
    loaded = step(sdk, "load")()
    asked = sdk.LambdaStep(
        "ask",
        lambda_func=sdk.function(FUNCTION),
        inputs={},
        depends_on=[sdk.get_step(loaded)],
    )
    last = step(sdk, "last")()
    sdk.get_step(last).add_depends_on([asked, loaded])
    return [last], []


@pipeline
def one_function_many_steps(sdk):
    """The same function is called several times, each time under its own name."""
    made = [step(sdk, f"part-{number}", table)(number) for number in range(4)]
    return made, []


@pipeline
def twice_the_same_upstream(sdk):
    """A result is passed twice: one dependency."""
    loaded = step(sdk, "load", table)()
    return [step(sdk, "both")(loaded, loaded)], []


@pipeline
def names_with_underscores(sdk):
    """Names may hold underscores and dashes."""
    loaded = step(sdk, "load_raw-data_1", table)()
    return [step(sdk, "train_model")(loaded)], []


@pipeline
def display_name_and_description(sdk):
    """What the console shows."""
    return [step(sdk, "load", display_name="Load rows", description="Reads them.")()], []


# Values


@pipeline
def items_of_results(sdk):
    """Items of a list and of a mapping are taken before they are there."""
    loaded = step(sdk, "load", table)()
    measured = step(sdk, "measure", metrics)(loaded[0])
    return [step(sdk, "last")(loaded[0]["k"], measured["auc"])], []


@pipeline
def parameters_of_every_type(sdk):
    """Each type, with a default."""
    parameters = [
        sdk.ParameterString("Text", default_value="a"),
        sdk.ParameterInteger("Whole", default_value=2),
        sdk.ParameterFloat("Number", default_value=0.5),
        sdk.ParameterBoolean("Truth", default_value=True),
    ]
    return [step(sdk, "use")(*parameters)], parameters


@pipeline
def parameters_without_default(sdk):
    """Whoever starts the pipeline must give these."""
    parameters = [
        sdk.ParameterString("Text"),
        sdk.ParameterInteger("Whole"),
        sdk.ParameterFloat("Number"),
        sdk.ParameterBoolean("Truth"),
    ]
    return [step(sdk, "use")(*parameters)], parameters


@pipeline
def parameters_with_falsy_defaults(sdk):
    """Zero, the empty text and false are defaults like any other."""
    parameters = [
        sdk.ParameterString("Text", default_value=""),
        sdk.ParameterInteger("Whole", default_value=0),
        sdk.ParameterFloat("Number", default_value=0.0),
        sdk.ParameterBoolean("Truth", default_value=False),
    ]
    return [step(sdk, "use")(*parameters)], parameters


@pipeline
def parameter_with_enum_values(sdk):
    """Only some values are allowed."""
    parameter = sdk.ParameterString("Stage", default_value="test", enum_values=["test", "live"])
    return [step(sdk, "use")(parameter)], [parameter]


@pipeline
def parameter_that_no_step_uses(sdk):
    """It is declared nevertheless."""
    return [step(sdk, "use")()], [sdk.ParameterString("Unused", default_value="x")]


@pipeline
def execution_variables(sdk):
    """What the execution knows of itself, as arguments."""
    names = sdk.ExecutionVariables
    values = [
        names.START_DATETIME,
        names.CURRENT_DATETIME,
        names.PIPELINE_NAME,
        names.PIPELINE_ARN,
        names.PIPELINE_EXECUTION_ID,
        names.PIPELINE_EXECUTION_ARN,
    ]
    return [step(sdk, "use")(*values)], []


@pipeline
def environment_variables(sdk):
    """Texts, parameters, joined texts and results."""
    text = sdk.ParameterString("Text", default_value="a")
    whole = sdk.ParameterInteger("Whole", default_value=2)
    measured = step(sdk, "measure", metrics)()
    joined = sdk.Join(
        on="/", values=["s3://bucket", text, sdk.ExecutionVariables.PIPELINE_EXECUTION_ID, whole]
    )
    environment = {
        "PLAIN": "1",
        "TEXT": text,
        "WHOLE": whole,
        "JOINED": joined,
        "WHEN": sdk.ExecutionVariables.START_DATETIME,
        "RESULT": measured["stage"],
    }
    return [step(sdk, "use", environment_variables=environment)()], [text, whole]


@pipeline
def nested_joins(sdk):
    """A join in a join, with numbers and booleans."""
    text = sdk.ParameterString("Text", default_value="a")
    inner = sdk.Join(on="-", values=[text, 1, True])
    outer = sdk.Join(on="/", values=["x", inner, 2.5])
    return [step(sdk, "use", environment_variables={"A": outer})()], [text]


@pipeline
def items_of_a_declared_tuple(sdk):
    """Items go into a step, a setting and a condition."""
    made = step(sdk, "make", pair)()
    used = step(sdk, "use", environment_variables={"A": made[1]})(made[0])
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionLessThan(left=made[0], right=made[0])],
        if_steps=[used],
        else_steps=[],
    )
    return [gate], []


@pipeline
def keys_of_every_kind(sdk):
    """Keys with a blank, a dot, a dash, a double quote and none at all, and numbers."""
    measured = step(sdk, "measure", metrics)()
    keys = {"BLANK": "a b", "DOT": "a.b", "DASH": "a-b", "DOUBLE": 'a"b', "EMPTY": "", "NUMBER": 7}
    environment = {name: measured[key] for name, key in keys.items()}
    return [step(sdk, "use", environment_variables=environment)()], []


@pipeline
def key_with_a_quote(sdk):
    """The path to an item is written in single quotes."""
    measured = step(sdk, "measure", metrics)()
    return [step(sdk, "use", environment_variables={"A": measured["it's"]})()], []


@pipeline
def item_from_the_end(sdk):
    """The last item of a list."""
    loaded = step(sdk, "load", table)()
    return [step(sdk, "use", environment_variables={"A": loaded[-1]})()], []


@pipeline
def arguments_by_name(sdk):
    """Results and parameters are passed by name."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    loaded = step(sdk, "load", table)(rows=whole)
    return [step(sdk, "measure", metrics)(frame=loaded)], [whole]


@pipeline
def sixty_parameters(sdk):
    """More arguments than the SDK's container arguments have room for."""
    parameters = [sdk.ParameterInteger(f"P{number}", default_value=1) for number in range(60)]
    return [step(sdk, "use")(*parameters)], parameters


@pipeline
def results_of_25_steps(sdk):
    """More results than a job has channels."""
    made = [step(sdk, f"part-{number}", table)(number) for number in range(25)]
    return [step(sdk, "all")(*made)], []


@pipeline
def numbers_in_the_environment(sdk):
    """Environment variables that are no texts."""
    environment = {"WHOLE": 1, "NUMBER": 1.5, "TRUTH": True}
    return [step(sdk, "use", environment_variables=environment)()], []


# Branches


@pipeline
def condition_on_a_result(sdk):
    """A number of a result is compared; one branch trains, the other fails."""
    measured = step(sdk, "measure", metrics)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThanOrEqualTo(left=measured["auc"], right=0.8)],
        if_steps=[step(sdk, "release")()],
        else_steps=[sdk.FailStep(name="stop", error_message="too bad")],
    )
    return [gate], []


@pipeline
def every_comparison(sdk):
    """All operators, between parameters, numbers, texts and booleans."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    text = sdk.ParameterString("Text", default_value="a")
    truth = sdk.ParameterBoolean("Truth", default_value=False)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[
            sdk.ConditionEquals(left=text, right="a"),
            sdk.ConditionEquals(left=truth, right=True),
            sdk.ConditionGreaterThan(left=whole, right=1),
            sdk.ConditionGreaterThanOrEqualTo(left=whole, right=1.5),
            sdk.ConditionLessThan(left=whole, right=9),
            sdk.ConditionLessThanOrEqualTo(left=whole, right=whole),
        ],
        if_steps=[step(sdk, "yes")()],
        else_steps=[],
    )
    return [gate], [whole, text, truth]


@pipeline
def in_not_and_or(sdk):
    """Conditions made of conditions."""
    text = sdk.ParameterString("Text", default_value="a")
    whole = sdk.ParameterInteger("Whole", default_value=2)
    measured = step(sdk, "measure", metrics)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[
            sdk.ConditionIn(value=text, in_values=["a", "b", measured["stage"]]),
            sdk.ConditionNot(expression=sdk.ConditionEquals(left=whole, right=3)),
            sdk.ConditionOr(
                conditions=[
                    sdk.ConditionLessThan(left=measured["many"][0], right=5),
                    sdk.ConditionNot(sdk.ConditionIn(value=whole, in_values=[1, 2])),
                ]
            ),
        ],
        if_steps=[step(sdk, "yes")()],
        else_steps=[step(sdk, "no")()],
    )
    return [gate], [text, whole]


@pipeline
def nested_branches(sdk):
    """A condition in a branch of a condition."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    inner = sdk.ConditionStep(
        name="inner",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=5)],
        if_steps=[step(sdk, "large")()],
        else_steps=[step(sdk, "middle")()],
    )
    outer = sdk.ConditionStep(
        name="outer",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[inner],
        else_steps=[step(sdk, "small")()],
    )
    return [outer], [whole]


@pipeline
def branch_takes_a_result_from_before(sdk):
    """A step of a branch takes what the condition compared, too."""
    measured = step(sdk, "measure", metrics)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=measured["auc"], right=0.5)],
        if_steps=[step(sdk, "release")(measured)],
        else_steps=[],
    )
    return [measured, gate], []


@pipeline
def chain_in_a_branch_listed(sdk):
    """Both steps of a chain are listed in the branch."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    prepared = step(sdk, "prepare", table)()
    trained = step(sdk, "train")(prepared)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[prepared, trained],
        else_steps=[],
    )
    return [gate], [whole]


@pipeline
def chain_in_a_branch_found(sdk):
    """Only the last step of a chain is listed in the branch."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    prepared = step(sdk, "prepare", table)()
    trained = step(sdk, "train")(prepared)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[trained],
        else_steps=[],
    )
    return [gate], [whole]


@pipeline
def step_after_a_condition(sdk):
    """A step waits for a whole condition."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[step(sdk, "yes")()],
        else_steps=[step(sdk, "no")()],
    )
    last = step(sdk, "last")()
    sdk.get_step(last).add_depends_on([gate])
    return [gate, last], [whole]


@pipeline
def fail_with_a_joined_message(sdk):
    """The message is joined from texts, a parameter and a result."""
    text = sdk.ParameterString("Text", default_value="a")
    measured = step(sdk, "measure", metrics)()
    message = sdk.Join(on=": ", values=["too bad", text, measured["auc"]])
    return [sdk.FailStep(name="stop", error_message=message)], [text]


@pipeline
def fail_with_a_parameter(sdk):
    """The message is a parameter, and one is a number."""
    text = sdk.ParameterString("Text", default_value="a")
    whole = sdk.ParameterInteger("Whole", default_value=2)
    return [
        sdk.FailStep(name="stop", error_message=text),
        sdk.FailStep(name="halt", error_message=whole),
    ], [text, whole]


@pipeline
def upstream_of_both_branches(sdk):
    """Each branch takes the same result, which nothing else needs."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    loaded = step(sdk, "load", table)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[step(sdk, "yes")(loaded)],
        else_steps=[step(sdk, "no")(loaded)],
    )
    return [gate], [whole]


@pipeline
def upstream_of_a_branch_and_a_step(sdk):
    """A branch and a step outside of it take the same result."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    loaded = step(sdk, "load", table)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[step(sdk, "yes")(loaded)],
        else_steps=[],
    )
    return [gate, step(sdk, "always")(loaded)], [whole]


@pipeline
def result_out_of_a_branch(sdk):
    """A step outside takes what a step in a branch returned."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    inside = step(sdk, "inside", table)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[inside],
        else_steps=[],
    )
    return [gate, step(sdk, "outside")(inside)], [whole]


@pipeline
def condition_after_steps(sdk):
    """A condition waits for a step that it does not read."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    loaded = step(sdk, "load")()
    gate = sdk.ConditionStep(
        name="gate",
        depends_on=[loaded],
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[sdk.FailStep(name="stop", error_message="no")],
        else_steps=[],
    )
    return [gate], [whole]


@pipeline
def comparison_of_results_and_execution(sdk):
    """Two results, and a value of the execution."""
    one, other = step(sdk, "one", metrics)(), step(sdk, "other", metrics)()
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[
            sdk.ConditionGreaterThan(left=one["auc"], right=other["auc"]),
            sdk.ConditionEquals(left=sdk.ExecutionVariables.PIPELINE_NAME, right="p"),
        ],
        if_steps=[step(sdk, "yes")()],
        else_steps=[],
    )
    return [gate], []


@pipeline
def condition_without_branches(sdk):
    """Nothing happens either way."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    return [
        sdk.ConditionStep(
            name="gate",
            conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
            if_steps=[],
            else_steps=[],
        )
    ], [whole]


@pipeline
def fail_without_a_message(sdk):
    """The reason is left out."""
    return [sdk.FailStep(name="stop")], []


@pipeline
def fail_with_a_result(sdk):
    """The message is what a step returned."""
    measured = step(sdk, "measure", metrics)()
    return [sdk.FailStep(name="stop", error_message=measured["stage"])], []


# Settings


@pipeline
def instances_from_parameters(sdk):
    """Type, count, storage and limits are parameters."""
    parameters = {
        "instance_type": sdk.ParameterString("Type", default_value="ml.m5.xlarge"),
        "volume_size": sdk.ParameterInteger("Volume", default_value=50),
        "max_runtime_in_seconds": sdk.ParameterInteger("Runtime", default_value=600),
        "keep_alive_period_in_seconds": sdk.ParameterInteger("Keep", default_value=60),
        "max_retry_attempts": sdk.ParameterInteger("Retries", default_value=2),
    }
    return [step(sdk, "train", **parameters)()], list(parameters.values())


@pipeline
def instance_count_from_a_parameter(sdk):
    """How many instances is a parameter."""
    count = sdk.ParameterInteger("Count", default_value=2)
    return [step(sdk, "train", instance_count=count)()], [count]


@pipeline
def several_instances(sdk):
    """Two instances, without a launcher that shares the work."""
    return [step(sdk, "train", instance_count=2)()], []


@pipeline
def settings_from_a_result(sdk):
    """A step decides what the next one runs on."""
    chosen = step(sdk, "choose", metrics)()
    trained = step(sdk, "train", instance_type=chosen["type"])()
    return [trained], []


@pipeline
def image_from_a_parameter(sdk):
    """The image is a parameter."""
    image = sdk.ParameterString("Image", default_value=IMAGE)
    return [step(sdk, "train", image_uri=image)()], [image]


@pipeline
def limits(sdk):
    """Storage, runtime, warm pool and restarts."""
    return [
        step(
            sdk,
            "train",
            volume_size=100,
            max_runtime_in_seconds=3600,
            keep_alive_period_in_seconds=600,
            max_retry_attempts=3,
        )()
    ], []


@pipeline
def spot_instances(sdk):
    """Spot instances, with how long they may be waited for."""
    settings = {"use_spot_instances": True, "max_wait_time_in_seconds": 90_000}
    return [step(sdk, "train", **settings)()], []


@pipeline
def network_and_encryption(sdk):
    """Subnets, security groups, a key and encrypted traffic."""
    return [
        step(
            sdk,
            "train",
            subnets=["subnet-1", "subnet-2"],
            security_group_ids=["sg-1"],
            volume_kms_key=KEY,
            encrypt_inter_container_traffic=True,
        )()
    ], []


@pipeline
def subnets_without_security_groups(sdk):
    """Half a network."""
    return [step(sdk, "train", subnets=["subnet-1"])()], []


@pipeline
def tags_as_list(sdk):
    """Tags in the form of the API."""
    tags = [{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "test"}]
    return [step(sdk, "train", tags=tags)()], []


@pipeline
def tags_as_mapping(sdk):
    """Tags as a mapping."""
    return [step(sdk, "train", tags={"team": "a"})()], []


@pipeline
def tags_as_pairs(sdk):
    """Tags as pairs, which the SDK documents."""
    return [step(sdk, "train", tags=[("team", "a")])()], []


@pipeline
def more_settings_from_parameters(sdk):
    """Spot, network and encryption are parameters."""
    parameters = {
        "use_spot_instances": sdk.ParameterBoolean("Spot", default_value=True),
        "max_wait_time_in_seconds": sdk.ParameterInteger("Wait", default_value=90_000),
        "encrypt_inter_container_traffic": sdk.ParameterBoolean("Encrypt", default_value=True),
    }
    subnet = sdk.ParameterString("Subnet", default_value="subnet-1")
    group = sdk.ParameterString("Group", default_value="sg-1")
    network = {"subnets": [subnet], "security_group_ids": [group]}
    made = step(sdk, "train", **parameters, **network)()
    return [made], [*parameters.values(), subnet, group]


@pipeline
def key_from_a_parameter(sdk):
    """The key of the instances' storage is a parameter."""
    key = sdk.ParameterString("Key", default_value=KEY)
    return [step(sdk, "train", volume_kms_key=key)()], [key]


@pipeline
def tags_from_a_parameter(sdk):
    """A tag's value is a parameter."""
    text = sdk.ParameterString("Text", default_value="a")
    return [step(sdk, "train", tags=[{"Key": "team", "Value": text}])()], [text]


@pipeline
def conda_environment(sdk):
    """The function runs in an environment of the image."""
    return [step(sdk, "train", job_conda_env="science")()], []


@pipeline
def retry_policies(sdk):
    """Both kinds of policies, with each limit."""
    policies = [
        sdk.StepRetryPolicy(
            exception_types=[sdk.StepExceptionTypeEnum.THROTTLING],
            interval_seconds=5,
            backoff_rate=1.5,
            max_attempts=3,
        ),
        sdk.SageMakerJobStepRetryPolicy(
            exception_types=[sdk.SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT],
            failure_reason_types=[
                sdk.SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
                sdk.SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
            ],
            expire_after_mins=60,
        ),
    ]
    return [step(sdk, "train", retry_policies=policies)()], []


@pipeline
def retry_policy_without_limit(sdk):
    """Neither how often nor for how long."""
    policy = sdk.StepRetryPolicy(exception_types=[sdk.StepExceptionTypeEnum.SERVICE_FAULT])
    return [step(sdk, "train", retry_policies=[policy])()], []


@pipeline
def retry_policy_with_both_limits(sdk):
    """How often and for how long, which the service refuses."""
    policy = sdk.StepRetryPolicy(
        exception_types=[sdk.StepExceptionTypeEnum.SERVICE_FAULT],
        max_attempts=3,
        expire_after_mins=60,
    )
    return [step(sdk, "train", retry_policies=[policy])()], []


# Other steps


@pipeline
def lambda_between_steps(sdk):
    """A Lambda function takes a result; its outputs go into a step and a condition."""
    text = sdk.ParameterString("Text", default_value="a")
    measured = step(sdk, "measure", metrics)()
    outputs = [
        sdk.LambdaOutput("verdict", sdk.LambdaOutputTypeEnum.String),
        sdk.LambdaOutput("score", sdk.LambdaOutputTypeEnum.Float),
    ]
    check = sdk.LambdaStep(
        "check",
        lambda_func=sdk.function(FUNCTION),
        inputs={"auc": measured["auc"], "text": text, "limit": 3},
        outputs=outputs,
        cache_config=sdk.CacheConfig(enable_caching=True, expire_after="P1D"),
    )
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionEquals(left=check.properties.Outputs["verdict"], right="good")],
        if_steps=[step(sdk, "release")(check.properties.Outputs["score"])],
        else_steps=[],
    )
    return [check, gate], [text]


@pipeline
def callback_between_steps(sdk):
    """Somebody answers a message; the answer is an argument."""
    trained = step(sdk, "train", metrics)()
    asked = sdk.CallbackStep(
        "approve",
        sqs_queue_url=QUEUE,
        inputs={"auc": trained["auc"]},
        outputs=[sdk.CallbackOutput("approved", sdk.CallbackOutputTypeEnum.Boolean)],
    )
    return [asked, step(sdk, "release")(asked.properties.Outputs["approved"])], []


@pipeline
def emr_on_a_running_cluster(sdk):
    """An EMR step with a parameter among its arguments."""
    text = sdk.ParameterString("Text", default_value="a")
    config = sdk.EMRStepConfig(
        jar="s3://bucket/job.jar",
        args=["--text", text],
        main_class="com.example.Main",
        properties=[{"Key": "a", "Value": "b"}],
    )
    spark = sdk.EMRStep(
        name="spark",
        display_name="Spark",
        description="Counts.",
        cluster_id="j-1234567890ABC",
        step_config=config,
        cache_config=sdk.CacheConfig(enable_caching=True, expire_after="30d"),
    )
    last = step(sdk, "last")()
    sdk.get_step(last).add_depends_on([spark])
    return [last], [text]


@pipeline
def emr_on_its_own_cluster(sdk):
    """An EMR step with a cluster that is made for it."""
    spark = sdk.EMRStep(
        name="spark",
        display_name="Spark",
        description="Counts.",
        cluster_id=None,
        step_config=sdk.EMRStepConfig(jar="command-runner.jar"),
        cluster_config={
            "ReleaseLabel": "emr-6.15.0",
            "Instances": {
                "InstanceGroups": [
                    {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
                ]
            },
        },
    )
    return [spark], []


@pipeline
def processing_before_a_step(sdk):
    """A processing job of the classic kind; a step takes where its output is."""
    prepare = sdk.processing("prepare", image=IMAGE, role=ROLE, instance_type="ml.m5.large")
    trained = step(sdk, "train")(prepare.properties.ProcessingJobName)
    sdk.get_step(trained).add_depends_on(["prepare"])
    return [prepare, trained], []


@pipeline
def cleanup_of_a_function_and_a_processing_step(sdk):
    """What a function has returned, and objects of a processing step, are deleted."""
    day = sdk.ParameterString("Day", default_value="1")
    prepared = sdk.processing(
        "prepare", image=IMAGE, role=ROLE, instance_type="ml.m5.large", report="report.json"
    )
    loaded = step(sdk, "load", table)()
    used = step(sdk, "use")(loaded)
    uris = ["s3://bucket/report/report.json", sdk.Join(on="/", values=["s3://bucket/report", day])]
    sources = [
        sdk.S3CleanupSource(sdk.get_step(loaded)),
        sdk.S3CleanupSource(prepared, s3_uris=uris),
    ]
    clean = sdk.CleanupStep("clean", sources, "Clean", "Deletes.", depends_on=[used])
    return [used, prepared, clean], [day]


@pipeline
def cleanup_by_name_after_any_outcome(sdk):
    """The source is a name, and is cleaned up whether it succeeds or fails."""
    loaded = sdk.get_step(step(sdk, "load", table)())
    waits = [sdk.StepDependency(loaded, sdk.TriggerCondition.ANY)]
    clean = sdk.CleanupStep("clean", [sdk.S3CleanupSource("load")], depends_on=waits)
    return [loaded, clean], []


@pipeline
def cleanup_of_what_is_still_read(sdk):
    """A step reads the result that is deleted, and the cleanup does not wait for it."""
    loaded = step(sdk, "load", table)()
    used = step(sdk, "use")(loaded)
    return [used, sdk.CleanupStep("clean", [sdk.S3CleanupSource(sdk.get_step(loaded))])], []


@pipeline
def notebook_job(sdk):
    """A notebook with parameters and a script, and a step that takes the name of its job."""
    day = sdk.ParameterString("Day", default_value="1")
    notebook = sdk.NotebookJobStep(
        name="report",
        notebook_job_name="daily-report",
        input_notebook="notebooks/report.ipynb",
        image_uri=IMAGE,
        kernel_name="python3",
        role=ROLE,
        parameters={"day": day, "kind": "full"},
        environment_variables={"DAY": day},
        initialization_script="notebooks/before.sh",
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        tags=[{"Key": "team", "Value": "a"}],
    )
    used = step(sdk, "use")(
        notebook.properties.ComputingJobName, notebook.properties.NotebookJobOutputLocationPrefix
    )
    return [used], [day]


@pipeline
def notebook_job_with_defaults(sdk):
    """Nothing but what it needs."""
    path = "notebooks/report.ipynb"
    notebook = sdk.NotebookJobStep(path, IMAGE, "python3", "report", role=ROLE)
    return [notebook], []


@pipeline
def lambda_without_inputs(sdk):
    """Neither inputs nor outputs, after a condition."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=whole, right=1)],
        if_steps=[step(sdk, "yes")()],
        else_steps=[],
    )
    asked = sdk.LambdaStep(
        "ask",
        lambda_func=sdk.function(FUNCTION),
        depends_on=[gate],
        display_name="Ask",
        description="Asks.",
    )
    return [gate, asked], [whole]


@pipeline
def values_of_a_property_file(sdk):
    """A condition compares what a processing job has written."""
    prepare = sdk.processing(
        "prepare", image=IMAGE, role=ROLE, instance_type="ml.m5.large", report="report.json"
    )
    found = sdk.JsonGet(step_name="prepare", property_file="report", json_path="a.b")
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionGreaterThan(left=found, right=1)],
        if_steps=[step(sdk, "yes")()],
        else_steps=[],
    )
    return [prepare, gate], []


@pipeline
def emr_with_a_role(sdk):
    """The cluster is a parameter, the step has a role of its own."""
    cluster = sdk.ParameterString("Cluster", default_value="j-1234567890ABC")
    spark = sdk.EMRStep(
        name="spark",
        display_name=None,
        description=None,
        cluster_id=cluster,
        step_config=sdk.EMRStepConfig(jar="command-runner.jar", args=["a"]),
        execution_role_arn=ROLE,
    )
    return [spark], [cluster]


# Arguments by position


@pipeline
def by_position(sdk):
    """What both take by position, in the same order."""
    text = sdk.ParameterString("Text", "a", ["a", "b"])
    joined = sdk.Join("/", [text, "b"])
    measured = step(sdk, "measure", metrics)()
    found = sdk.ConditionIn(text, ["a"])
    either = sdk.ConditionOr([found, sdk.ConditionEquals(measured["auc"], 1)])
    gate = sdk.ConditionStep(
        "gate", conditions=[either], if_steps=[sdk.FailStep("stop", joined)], else_steps=[]
    )
    spark = sdk.EMRStep(
        "spark",
        "Spark",
        "Counts.",
        "j-1234567890ABC",
        sdk.EMRStepConfig("command-runner.jar", ["a"], "com.example.Main"),
        cache_config=sdk.CacheConfig(True, "P1D"),
    )
    return [gate, spark], [text]


@pipeline
def condition_by_position(sdk):
    """The second argument is what it waits for."""
    whole = sdk.ParameterInteger("Whole", 2)
    loaded = step(sdk, "load")()
    conditions = [sdk.ConditionGreaterThan(whole, 1)]
    branches = {"if_steps": [step(sdk, "yes")()], "else_steps": []}
    return [sdk.ConditionStep("gate", [loaded], None, None, conditions, **branches)], [whole]


@pipeline
def callback_by_position(sdk):
    """Inputs and outputs without names."""
    outputs = [sdk.CallbackOutput("approved", sdk.CallbackOutputTypeEnum.Boolean)]
    return [sdk.CallbackStep("approve", QUEUE, {"a": 1}, outputs)], []


@pipeline
def retry_policy_by_position(sdk):
    """The types of failures, how fast and how often, without names."""
    policy = sdk.StepRetryPolicy([sdk.StepExceptionTypeEnum.THROTTLING], 2.0, 1, 3)
    return [step(sdk, "train", retry_policies=[policy])()], []


# Once for each item


@pipeline
def each_of_a_list(sdk):
    """A Lambda function for each item, and the one whose answer is largest."""
    item = sdk.CurrentItem()
    check = sdk.LambdaStep(
        name="check",
        lambda_func=sdk.function(FUNCTION),
        inputs={"name": item.name, "deep": item["a"][0], "all": item},
        outputs=[sdk.LambdaOutput(output_name="score", output_type=sdk.LambdaOutputTypeEnum.Float)],
    )
    each = sdk.ForEachStep(
        name="each",
        iterable_items=['{"name": "x"}', '{"name": "y"}'],
        max_concurrency=2,
        for_each_body=[check],
        selector=sdk.ForEachSelector("MaxBy", sdk.IterationOutput(check).OutputParameters["score"]),
    )
    found = {
        "picked": each.properties.Selected.OutputParameters["score"],
        "first": each.properties.IterationOutputs[0].check.OutputParameters["score"],
        "count": each.properties.SucceededStepCount,
    }
    return [sdk.LambdaStep(name="use", lambda_func=sdk.function(FUNCTION), inputs=found)], []


@pipeline
def function_of_one_of_the_items(sdk):
    """A function takes what is known of one iteration."""
    check = sdk.LambdaStep(
        name="check",
        lambda_func=sdk.function(FUNCTION),
        outputs=[sdk.LambdaOutput(output_name="score", output_type=sdk.LambdaOutputTypeEnum.Float)],
    )
    each = sdk.ForEachStep("each", ["a", "b"], 2, [check])
    first = each.properties.IterationOutputs[0].check.OutputParameters["score"]
    return [step(sdk, "use")(first)], []


@pipeline
def each_of_a_parameter(sdk):
    """A list that is given when the pipeline starts, and one that a step returns."""
    names = sdk.ParameterString("Names", default_value='["a", "b"]')

    def check(name):
        return sdk.LambdaStep(
            name=name, lambda_func=sdk.function(FUNCTION), inputs={"item": sdk.CurrentItem()}
        )

    found = step(sdk, "find", metrics)()
    return [
        sdk.ForEachStep("given", names, 3, [check("one")]),
        sdk.ForEachStep("found", found["many"], 3, [check("two")]),
    ], [names]


@pipeline
def function_for_each_item(sdk):
    """The item is an argument of a function."""
    scored = step(sdk, "score")(sdk.CurrentItem())
    return [sdk.ForEachStep("each", ["a", "b"], 2, [scored])], []


@pipeline
def function_for_each_item_by_environment(sdk):
    """The item is in the environment of a function, which needs something from outside."""
    loaded = step(sdk, "load", table)()
    item = {"ITEM": sdk.CurrentItem()}
    scored = step(sdk, "score", environment_variables=item)(loaded)
    return [sdk.ForEachStep("each", ["a", "b"], 2, [sdk.get_step(scored)])], []


# What one of the two refuses


@pipeline
def joined_text_as_argument(sdk):
    """A join is an argument of a function."""
    text = sdk.ParameterString("Text", default_value="a")
    return [step(sdk, "use")(sdk.Join(on="-", values=[text, "b"]))], [text]


@pipeline
def result_in_a_list(sdk):
    """A result is an item of a list that is an argument."""
    loaded = step(sdk, "load", table)()
    return [step(sdk, "use")([loaded, 1])], []


@pipeline
def two_steps_of_one_name(sdk):
    """The upstream has the name of the step that takes its result."""
    loaded = step(sdk, "same", table)()
    return [step(sdk, "same")(loaded)], []


@pipeline
def steps_in_a_circle(sdk):
    """Each waits for the other."""
    first, second = step(sdk, "first")(), step(sdk, "second")()
    sdk.get_step(first).add_depends_on([second])
    sdk.get_step(second).add_depends_on([first])
    return [first, second], []


@pipeline
def parameter_not_declared(sdk):
    """A step uses a parameter that the pipeline does not have."""
    return [step(sdk, "use")(sdk.ParameterString("Text", default_value="a"))], []


@pipeline
def name_that_the_service_refuses(sdk):
    """A name with a space."""
    return [step(sdk, "load data")()], []


@pipeline
def wait_without_spot(sdk):
    """How long to wait for spot instances, without asking for them."""
    return [step(sdk, "train", max_wait_time_in_seconds=90_000)()], []


@pipeline
def comparison_of_a_number_and_a_text(sdk):
    """A condition that can never hold."""
    whole = sdk.ParameterInteger("Whole", default_value=2)
    gate = sdk.ConditionStep(
        name="gate",
        conditions=[sdk.ConditionEquals(left=whole, right="2")],
        if_steps=[step(sdk, "yes")()],
        else_steps=[],
    )
    return [gate], [whole]


@pipeline
def unknown_step_by_name(sdk):
    """A step waits for a name that no step has."""
    last = step(sdk, "last")()
    sdk.get_step(last).add_depends_on(["nobody"])
    return [last], []


@pipeline
def whole_number_for_a_float(sdk):
    """A whole number is the default of a number parameter."""
    number = sdk.ParameterFloat("Number", default_value=1)
    return [step(sdk, "use")(number)], [number]

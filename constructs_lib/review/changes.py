"""What has changed, as data."""

from __future__ import annotations

from dataclasses import dataclass

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
# The action of a permission whose resource is a policy that AWS or another stack keeps.
MANAGED_POLICY = "managed policy"
# The action of a permission whose resource is the policy that limits all others of a role.
PERMISSIONS_BOUNDARY = "permissions boundary"
# What an action or a resource begins with that is all but some.
ALL_BUT = "all but "


@dataclass(frozen=True)
class Setting:
    """A value that differs.

    Attributes:
        name: As the user knows it, such as ``instance_type`` or ``argument depth``.
        old: Its text before; None if it was not there.
        new: Its text now; None if it is gone.
        is_cost: Whether it has an effect on what a run costs.
    """

    name: str
    old: str | None
    new: str | None
    is_cost: bool = False

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        if self.old is None:
            return ADDED
        return REMOVED if self.new is None else CHANGED


@dataclass(frozen=True)
class StepChange:
    """A step that differs.

    Attributes:
        name: Its name now, or before if it is gone.
        kind: added, removed or changed.
        type: Such as Training.
        code: Whether its bundle is another one.
        settings: Of its request, and what else the definition says of it.
        reads: Steps that it waits for now and did not before.
        reads_no_more: Steps that it does not wait for any more.
        old_name: What it was called before, if it was renamed.
    """

    name: str
    kind: str
    type: str
    code: bool = False
    settings: tuple[Setting, ...] = ()
    reads: tuple[str, ...] = ()
    reads_no_more: tuple[str, ...] = ()
    old_name: str | None = None

    @property
    def is_rewired(self) -> bool:
        """Whether it waits for other steps than before."""
        return self.kind == CHANGED and bool(self.reads or self.reads_no_more)


@dataclass(frozen=True)
class TextChange:
    """Source, requirements or a long argument that differs.

    Attributes:
        name: Such as ``tumour.train``, or ``train requirements``.
        old: Lines before; empty if it was not there.
        new: Lines now; empty if it is gone.
        steps: Steps whose bundles hold it, if the bundles are known.
        old_name: What it was called before, if it is a source that was renamed or moved.
    """

    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    steps: tuple[str, ...] = ()
    old_name: str | None = None


@dataclass(frozen=True)
class PackageChange:
    """A package of which steps have another version installed.

    Attributes:
        name: Normalized.
        old: Version, or what is required of it, before; None if it was not there.
        new: Now; None if it is gone.
        steps: That it differs in.
    """

    name: str
    old: str | None
    new: str | None
    steps: tuple[str, ...]

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        return Setting(self.name, self.old, self.new).kind


@dataclass(frozen=True, order=True)
class Permission:
    """One action that a role may take, or may not.

    Attributes:
        who: ``step train`` or ``pipeline``.
        action: Such as ``s3:GetObject``.
        resource: ARN or pattern.
        condition: As text; empty without one.
        effect: Allow or Deny.
    """

    who: str
    action: str
    resource: str
    condition: str = ""
    effect: str = "Allow"


@dataclass(frozen=True)
class Forecast:
    """Whether a step's next execution takes its result from the cache.

    Attributes:
        step: Its name.
        hits: Whether it takes the result of an earlier execution, if there is one in time; None if
            that depends on what another step returns.
        because: Why.
        within: ISO 8601 duration for which a result is kept; None for any.
    """

    step: str
    hits: bool | None
    because: str
    within: str | None = None


@dataclass(frozen=True)
class PipelineChange:
    """All that differs in one pipeline.

    Attributes:
        name: Its physical name, or the construct's path if only the deployment gives one.
        kind: added, removed or changed.
        steps: Those that differ, in the definition's order, then those that are gone.
        texts: Source, requirements and long arguments.
        packages: What is installed for steps.
        parameters: Of the pipeline.
        settings: Of the pipeline itself.
        schedules: Name to what differs: the name of the setting begins with the schedule's.
        granted: Permissions that there were not before.
        revoked: Permissions that are gone.
        forecasts: One a step that has a cache, or had one.
        risks: What a reviewer should look at twice.
    """

    name: str
    kind: str
    steps: tuple[StepChange, ...] = ()
    texts: tuple[TextChange, ...] = ()
    packages: tuple[PackageChange, ...] = ()
    parameters: tuple[Setting, ...] = ()
    settings: tuple[Setting, ...] = ()
    schedules: tuple[Setting, ...] = ()
    granted: tuple[Permission, ...] = ()
    revoked: tuple[Permission, ...] = ()
    forecasts: tuple[Forecast, ...] = ()
    risks: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return self.kind == CHANGED and not any(
            (
                *(self.steps, self.texts, self.packages, self.parameters, self.settings),
                self.schedules,
                *(self.granted, self.revoked),
            )
        )

import dataclasses
import enum


@dataclasses.dataclass
class Recipe:
    name: str
    minutes: int
    tags: tuple = ()

    def double(self):
        return Recipe(self.name, self.minutes * 2, self.tags)


class Heat(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Oven:
    """A class that no consumer mentions."""

    def __init__(self, degrees):
        self.degrees = degrees

    def bake(self, minutes):
        return _warmth(self.degrees) * minutes


def _warmth(degrees):
    return degrees / 10

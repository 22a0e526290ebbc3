"""Graphs that several tests draw."""

from __future__ import annotations

import random
from itertools import pairwise

from constructs_lib.drawing.graph import EACH, ELSE, IF, ORDER, RESULT, Edge, Graph, Node

HOSTILE = (
    '<script>alert("x")</script>',
    "a&b &amp; &lt;i&gt;",
    "back\\slash\\n\\",
    "quo\"te's`",
    "]]> --> /* */ </style> </svg> </title>",
    "line\nbreak\r\nand\ttab",
    "\x00\x1b[31m\ud800",
    "$title ${data} {{x}}",
    "#quot; #35; %% end",
    "constructor",
    "__proto__",
    "学習ステップを実行する" * 6,
    "👩‍👩‍👧‍👦🚀🔥" * 12,
    "e\u0301" * 40,
    "W" * 64,
    "שלום \u202e rtl",
)


def tumour() -> Graph:
    """Return a pipeline of six steps with a condition."""
    nodes = (
        Node("split", "Training", "ml.m5.large"),
        Node("train", "Training", "ml.m5.xlarge"),
        Node("evaluate", "Training"),
        Node("GoodEnough", "Condition", "auc ≥ 0.9"),
        Node("register", "RegisterModel", branch=("GoodEnough", IF)),
        Node("TooWeak", "Fail", branch=("GoodEnough", ELSE)),
    )
    edges = (
        Edge("split", "train"),
        Edge("split", "evaluate"),
        Edge("train", "evaluate"),
        Edge("evaluate", "GoodEnough"),
        Edge("train", "register"),
        Edge("GoodEnough", "register", IF),
        Edge("GoodEnough", "TooWeak", ELSE),
    )
    return Graph("tumour", nodes, edges)


def fan(count: int, kind: str = "Training") -> Graph:
    """Return a step, many that wait for it, and one that waits for those."""
    middle = [Node(f"train-{number}", kind, "ml.m5.xlarge") for number in range(count)]
    edges = [Edge("split", node.name) for node in middle]
    edges += [Edge(node.name, "choose") for node in middle]
    nodes = (Node("split", "Training"), *middle, Node("choose", "Training"))
    return Graph("fan", nodes, tuple(edges))


def mapped() -> Graph:
    """Return a ForEach step with a body of three, between two others."""
    body = [Node(name, "Training", parent="each") for name in ("load", "fit", "score")]
    nodes = (Node("list", "Training"), Node("each", "ForEach"), *body, Node("join", "Training"))
    edges = (
        Edge("list", "each"),
        Edge("each", "load", EACH),
        Edge("load", "fit"),
        Edge("load", "score"),
        Edge("fit", "score", ORDER),
        Edge("each", "join"),
    )
    return Graph("mapped", nodes, edges)


def tangle(count: int, seed: int = 1) -> Graph:
    """Return steps that wait for any of those before them."""
    chance = random.Random(seed)
    nodes = tuple(Node(f"step_{number}", "Training", "ml.m5.xlarge") for number in range(count))
    edges = {}
    for number in range(1, count):
        for _ in range(chance.randint(1, 2)):
            other = max(0, number - 1 - int(chance.expovariate(1 / (count / 12 + 2))))
            kind = chance.choice([RESULT, ORDER])
            edges[other, number] = Edge(f"step_{other}", f"step_{number}", kind)
    return Graph("tangle", nodes, tuple(edges.values()))


def hostile() -> Graph:
    """Return a chain of steps whose every text is hostile."""
    nodes = tuple(Node(name, name, name, name, name) for name in HOSTILE)
    edges = tuple(Edge(one, other) for one, other in pairwise(HOSTILE))
    return Graph(" ".join(HOSTILE), nodes, edges)

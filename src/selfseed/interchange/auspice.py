"""A tree as a Nextstrain dataset (JSON, version 2), which Auspice shows with a colour and a confidence a site.

References
----------
Hadfield et al. (2018), https://doi.org/10.1093/bioinformatics/bty407; schema:
https://github.com/nextstrain/augur/blob/master/augur/data/schema-export-v2.json
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Vertex:
    """Hold what is shown of one vertex.

    Parameters
    ----------
    name : str
        Without white space, and different for each vertex.
    parent : int
        The position of the parent; -1 for the root, which comes first.
    divergence : float, >= 0
        How many mutations lie between the root and here.
    traits : dict of str to str
        The value of each coloring.
    confidence : dict of str to dict of str to float, in [0, 1]
        For a coloring, the probability of each value.
    labels : dict of str to str
        The labels of the branch above.
    """

    name: str
    parent: int
    divergence: float
    traits: Mapping[str, str]
    confidence: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def dataset(
    title: str, updated: str, colorings: Mapping[str, tuple[str, Mapping[str, str]]], tree: Sequence[Vertex]
) -> str:
    """Return the JSON of a dataset.

    Parameters
    ----------
    title, updated : str
        What is shown at the top, and a date such as 2024-12-31.
    colorings : dict of str to (str, dict of str to str)
        For each trait its title and the colour of each value; Auspice begins with the first trait.
    tree : sequence of Vertex

    Notes
    -----
    The tree is written piece by piece: Python's own writer gives up on trees as deep as some thousand vertices.
    """
    described = [
        {"key": key, "title": shown, "type": "categorical", "scale": [list(pair) for pair in colours.items()]}
        for key, (shown, colours) in colorings.items()
    ]
    meta = {
        "title": title,
        "updated": updated,
        "panels": ["tree"],
        "colorings": described,
        "display_defaults": {"color_by": next(iter(colorings)), "distance_measure": "div"},
    }
    return f'{{"version":"v2","meta":{json.dumps(meta)},"tree":{_nested(tree)}}}\n'


def _nested(tree: Sequence[Vertex]) -> str:
    below: list[list[int]] = [[] for _ in tree]
    for position, vertex in enumerate(tree):
        if vertex.parent >= 0:
            below[vertex.parent].append(position)
    pieces: list[str] = []
    waiting: list[int | str] = [0]
    while waiting:
        step = waiting.pop()
        if isinstance(step, str):
            pieces.append(step)
            continue
        pieces.append(_opened(tree[step]))
        waiting.append("]}" if below[step] else "}")
        if below[step]:
            pieces.append(',"children":[')
        for place, child in enumerate(reversed(below[step])):
            waiting += [",", child] if place else [child]
    return "".join(pieces)


def _opened(vertex: Vertex) -> str:
    """Return the vertex up to where its children begin."""
    attributes: dict[str, object] = {"div": vertex.divergence}
    for key, value in vertex.traits.items():
        attributes[key] = {"value": value}
        if key in vertex.confidence:
            attributes[key] = {"value": value, "confidence": dict(vertex.confidence[key])}
    branch: dict[str, object] = {"mutations": {}}
    if vertex.labels:
        branch["labels"] = dict(vertex.labels)
    return json.dumps({"name": vertex.name, "node_attrs": attributes, "branch_attrs": branch})[:-1]

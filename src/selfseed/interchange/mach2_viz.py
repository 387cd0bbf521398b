"""Migration histories as the JSON that MACH2-viz opens.

What is documented at https://github.com/elkebir-group/mach2-viz/blob/main/docs/data.md, and what its code reads beside:
``migration`` must hold a third number, how many migrations share the arc, and ``coloring`` gives the colour of a site.
Names are read as parts of page selectors, so white space in them would break the page.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Solution:
    """Hold one history: edges, (vertex, site), how many migrations an arc, and (vertex, clone of the input)."""

    name: str
    tree: Pairs
    labeling: Pairs
    migration: Mapping[tuple[str, str], int]
    origin: Pairs


def document(
    name: str,
    solutions: Sequence[Solution],
    clone_tree: Pairs,
    observed: Iterable[tuple[str, Sequence[str]]],
    coloring: Mapping[str, str],
) -> str:
    """Return the JSON text; ``observed`` gives the sites of each clone of ``clone_tree``, one or more."""
    arcs: dict[tuple[str, str], int] = {}
    for solution in solutions:
        for arc in solution.migration:
            arcs[arc] = arcs.get(arc, 0) + 1
    written = {
        "name": name,
        "original": {
            "tree": [list(edge) for edge in clone_tree],
            "labeling": [[clone, sites[0] if len(sites) == 1 else list(sites)] for clone, sites in observed],
        },
        "solutions": [_solution(solution) for solution in solutions],
        "summary": [[*arc, number] for arc, number in sorted(arcs.items())],
        "coloring": [[site, colour] for site, colour in coloring.items()],
    }
    return json.dumps(written, indent=1) + "\n"


def _solution(solution: Solution) -> dict[str, object]:
    return {
        "name": solution.name,
        "tree": [list(edge) for edge in solution.tree],
        "labeling": [list(pair) for pair in solution.labeling],
        "migration": [[*arc, number] for arc, number in sorted(solution.migration.items())],
        "origin_node": [list(pair) for pair in solution.origin],
    }

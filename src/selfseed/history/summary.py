"""Put an answer into numbers that programs read: a summary, a table, and how sure each place of a history is."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfseed.history.answer import Answer
from selfseed.history.clones import carried_mutations
from selfseed.history.parsimony import Front
from selfseed.history.refinement_search import Point
from selfseed.history.tree import CloneTree, History

KIND = "migration history"
"""What a folder that holds an answer is known by."""

DIGITS = 6

_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_SHARES = {"type": "object", "additionalProperties": _SHARE}
_COUNT = {"type": "integer", "minimum": 0}
_WORDS = {"type": "array", "items": {"type": "string"}}
_POINT_NAMES = ("unobserved", "migrations", "comigrations", "seeding_sites")


def _closed(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the schema of an object that has just these properties, all of them."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What selfseed inferred of one patient's migration history",
    **_closed(
        {
            "kind": {"const": KIND},
            "input": _closed(
                {
                    "kind": {"enum": ["tree", "reads", "frequencies"]},
                    "files": {
                        "type": "array",
                        "items": _closed({"name": {"type": "string"}, "sha256": {"type": "string"}}),
                    },
                    "sites": _WORDS,
                    "clones": {"type": ["integer", "null"]},
                    "mutations": {"type": ["integer", "null"]},
                    "samples": {"type": ["integer", "null"]},
                }
            ),
            "primary": {"type": "string"},
            "p_primary": _SHARES,
            "prior_reseeding": _SHARE,
            "p_reseeding": _SHARE,
            "p_primary_reseeded": _SHARE,
            "p_metastases_reseeded": _SHARE,
            "bayes_factor": {"type": "number", "exclusiveMinimum": 0},
            "verdict": {"enum": ["likely", "unlikely", "undecidable"]},
            "p_migration": _SHARES,
            "expected_migrations": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
            "p_polyclonal": _SHARES,
            "p_pattern": {**_SHARES, "propertyNames": {"pattern": "^(N|[mp](PS|S|M|R))$"}},
            "p_site_reseeded": _SHARES,
            "p_clone_returned": _SHARES,
            "order": {"type": "object", "additionalProperties": {"type": "number", "minimum": 1}},
            "left_out": {
                "type": "array",
                "items": _closed({"name": {"type": "string"}, "p_reseeding": _SHARE, "p_primary_reseeded": _SHARE}),
            },
            "parsimony": _closed(
                {
                    "criteria": {"type": "string"},
                    "patterns": {"type": "array", "items": {"enum": ["PS", "S", "M", "R"]}},
                    "optimum": {"oneOf": [{"type": "null"}, _closed(dict.fromkeys(_POINT_NAMES, _COUNT))]},
                    "optimal_graphs": _COUNT,
                    "optimal_graphs_reseeding": _COUNT,
                    "price_of_reseeding": {
                        "oneOf": [
                            {"type": "null"},
                            _closed(
                                {**dict.fromkeys(_POINT_NAMES, {"type": "integer"}), "proved": {"type": "boolean"}}
                            ),
                        ]
                    },
                    "proved": {"type": "boolean"},
                    "complete": {"type": "boolean"},
                    "seconds": {"type": "number", "minimum": 0},
                    "notes": _WORDS,
                }
            ),
            "effective_draws": {"type": "number", "minimum": 0},
            "shrink_factor": {"type": ["number", "null"]},
            "converged": {"type": "boolean"},
            "truncated": {"type": "boolean"},
            "seconds": {"type": "number", "minimum": 0},
            "seed": _COUNT,
            "selfseed_version": {"type": "string"},
            "model": {"type": "object"},
            "notes": _WORDS,
        }
    ),
}
"""The JSON Schema of ``summary.json``; what each key means is told in ``docs/history.md``."""


def summary_of(
    answer: Answer,
    front: Front,
    *,
    asked_for: Mapping[str, Any],
    patterns: Sequence[str],
    seed: int,
    version: str,
    model: Mapping[str, object],
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return what ``summary.json`` holds; it fits ``SCHEMA``.

    Parameters
    ----------
    answer : Answer
    front : Front
        The most parsimonious histories.
    asked_for : dict
        The property ``input``.
    patterns : sequence of str
        The patterns that parsimony was allowed.
    seed : int, >= 0
    version : str
    model : dict
        Where the hyper-parameters come from.
    notes : sequence of str
        What was assumed, beside what the answer says itself.
    """
    trust = answer.trust
    return {
        "kind": KIND,
        "input": dict(asked_for),
        "primary": answer.primary,
        "p_primary": _shares(dict(sorted(answer.primaries.items(), key=lambda item: -item[1]))),
        "prior_reseeding": answer.prior,
        "p_reseeding": _share(answer.p_reseeding),
        "p_primary_reseeded": _share(answer.p_primary_reseeded),
        "p_metastases_reseeded": _share(answer.p_metastases_reseeded),
        "bayes_factor": float(f"{answer.bayes_factor:.6g}"),
        "verdict": answer.verdict,
        "p_migration": _shares(_by_name(answer.p_migration)),
        "expected_migrations": {name: round(value, DIGITS) for name, value in _by_name(answer.expected_migrations)},
        "p_polyclonal": _shares(_by_name(answer.p_polyclonal)),
        "p_pattern": _shares(answer.p_pattern),
        "p_site_reseeded": _shares(answer.p_site_reseeded),
        "p_clone_returned": _shares(answer.p_clone_returned),
        "order": {site: round(max(1.0, rank), DIGITS) for site, rank in answer.order.items()},
        "left_out": [
            {
                "name": one.name,
                "p_reseeding": _share(one.p_reseeding),
                "p_primary_reseeded": _share(one.p_primary_reseeded),
            }
            for one in answer.left_out
        ],
        "parsimony": parsimony_of(front, patterns),
        "effective_draws": round(trust.effective_draws, 1),
        "shrink_factor": round(trust.shrink_factor, 4) if math.isfinite(trust.shrink_factor) else None,
        "converged": bool(trust.converged),
        "truncated": bool(trust.truncated),
        "seconds": round(trust.seconds, 3),
        "seed": seed,
        "selfseed_version": version,
        "model": dict(model),
        "notes": list(dict.fromkeys([*notes, *answer.notes])),
    }


def parsimony_of(front: Front, patterns: Sequence[str]) -> dict[str, Any]:
    """Return what ``summary.json`` says of the most parsimonious histories."""
    price = front.price
    return {
        "criteria": front.criteria,
        "patterns": list(patterns),
        "optimum": _point(front.points[0]) if front.points else None,
        "optimal_graphs": len(front.histories),
        "optimal_graphs_reseeding": sum(history.graph.reseeding for history in front.histories),
        "price_of_reseeding": None if price is None else {**_point(price.delta), "proved": bool(price.proved)},
        "proved": bool(front.proved),
        "complete": bool(front.complete),
        "seconds": round(front.seconds, 3),
        "notes": list(front.notes),
    }


def migrations_table(answer: Answer) -> str:
    """Return all migrations ever met as a table, the most probable first."""
    expected, several = answer.expected_migrations, answer.p_polyclonal
    lines = ["source\ttarget\tp\texpected\tp_polyclonal"]
    for (source, target), probability in answer.p_migration.items():
        arc = (source, target)
        lines.append(f"{source}\t{target}\t{_share(probability)}\t{expected[arc]:.6g}\t{_share(several[arc])}")
    return "\n".join(lines) + "\n"


def support_of(answer: Answer, history: History) -> dict[int, float]:
    """Return how probable it is, by vertex of ``history``, that its clone stands in its site.

    Only clone trees in which the clone exists, with just these mutations, are asked.
    """
    present, _ = _places(answer, history.tree)
    where = {site: position for position, site in enumerate(answer.sites)}
    return {
        vertex: _share(present[clone, where[site]])
        for vertex, (clone, site) in enumerate(zip(history.clone, history.site, strict=True))
    }


def confidence_of(answer: Answer, history: History) -> dict[int, dict[str, float]]:
    """Return the probability of sites, by vertex of ``history``.

    Where a vertex enters a clone: where the clone arose, over all sites. At a further place: that the clone is there.
    """
    present, entered = _places(answer, history.tree)
    where = {site: position for position, site in enumerate(answer.sites)}
    confidence: dict[int, dict[str, float]] = {}
    for vertex, (clone, site) in enumerate(zip(history.clone, history.site, strict=True)):
        above = history.parent[vertex]
        if above < 0 or history.clone[above] != clone:
            row = {name: _share(entered[clone, place]) for name, place in where.items() if entered[clone, place] > 0}
            confidence[vertex] = dict(sorted(row.items(), key=lambda item: -item[1]))
        else:
            confidence[vertex] = {site: _share(present[clone, where[site]])}
    return confidence


def likeliest_tree(answer: Answer) -> CloneTree:
    """Return the clone tree of greatest posterior probability."""
    weight = np.bincount(answer.pool.tree, weights=answer.pool.weight, minlength=len(answer.pool.grounds))
    return answer.pool.grounds[int(weight.argmax())].tree


def leading_histories(answer: Answer, most: int = 10) -> list[History]:
    """Return the history to show, then the likeliest of its clone tree with other migration graphs."""
    pool, best = answer.pool, answer.best
    same = np.flatnonzero(pool.tree == pool.tree[best])
    found = [pool.history(best)]
    seen = {pool.arcs[best].tobytes()}
    for position in same[np.argsort(-pool.weight[same], kind="stable")]:
        key = pool.arcs[position].tobytes()
        if key not in seen and len(found) < most:
            seen.add(key)
            found.append(pool.history(int(position)))
    return found


def _places(answer: Answer, tree: CloneTree) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how probably each clone of ``tree`` stands in each site, and arose in it, arrays (clones, sites)."""
    pool, sites = answer.pool, len(answer.sites)
    keys = {key: clone for clone, key in enumerate(_keys(tree))}
    same = [
        [(clone, keys[key]) for clone, key in enumerate(_keys(ground.tree)) if key in keys] for ground in pool.grounds
    ]
    present, entered, weight = np.zeros((len(tree), sites)), np.zeros((len(tree), sites)), np.zeros((len(tree), 1))
    for which, up, share in zip(pool.tree, pool.up, pool.weight, strict=True):
        theirs, ours = (list(side) for side in zip(*same[which], strict=True))
        rows = up[theirs]
        present[ours] += share * (rows >= 0)
        entered[ours] += share * ((rows >= 0) & (rows < sites))
        weight[ours] += share
    weight = np.where(weight > 0, weight, 1.0)
    return present / weight, entered / weight


def _keys(tree: CloneTree) -> list[tuple[frozenset[str], str]]:
    """Return what makes each clone the same in another tree: all it carries, and its name where it gained nothing."""
    named = ["" if gained else name for gained, name in zip(tree.mutations, tree.names, strict=True)]
    return list(zip(carried_mutations(tree), named, strict=True))


def _by_name(values: Mapping[tuple[str, str], float]) -> list[tuple[str, float]]:
    return [(f"{source}->{target}", value) for (source, target), value in values.items()]


def _shares(values: Mapping[str, float] | Sequence[tuple[str, float]]) -> dict[str, float]:
    return {name: _share(value) for name, value in dict(values).items()}


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, float(value))), DIGITS)


def _point(point: Point) -> dict[str, int]:
    return {name: int(getattr(point, name)) for name in _POINT_NAMES}

"""Make a clone tree of named vertices: the mutations each gained, and leaves that only say where a clone was seen."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from selfseed.history.tree import CloneTree

SUFFIX = re.compile(r"[\^_|]")
OCCURRENCE = re.compile(r"[0-9]+|[A-Z]")


def listed_mutations(name: str) -> tuple[str, ...]:
    """Return the mutations that the name of a vertex lists before its first "^", "_" or "|".

    >>> listed_mutations("3;17;20^M1"), listed_mutations("pink")
    (('3', '17', '20'), ())
    """
    parts = SUFFIX.split(name, maxsplit=1)[0].split(";")
    return tuple(part.lstrip("0") or "0" for part in parts if re.fullmatch("[0-9]+", part))


def clone_tree(
    names: Sequence[str],
    parent: Mapping[str, str],
    sites: Mapping[str, Sequence[str]],
    clones_by_name: bool,
) -> CloneTree:
    """Return the clone tree of vertices given parents first, as ``read.read_tree`` says."""
    listed = any(map(listed_mutations, names))
    gained = gained_mutations(names, parent) if listed else {name: (name.split("^")[0],) for name in names}
    seen_at = occurrences(names, parent, sites, gained, listed)
    inner = set(parent.values())
    if seen_at and all(len(sites.get(name, ())) == 1 for name in names):
        sites = {name: given for name, given in sites.items() if name not in inner}
    if not clones_by_name:
        seen_at = frozenset()
    kept = [name for name in names if name not in seen_at]
    observed = {name: set(sites.get(name, ())) for name in kept}
    for name in seen_at:
        observed[parent[name]].update(sites.get(name, ()))
    at = {name: position for position, name in enumerate(kept)}
    return CloneTree(
        _without_sites(kept, observed),
        tuple(at[parent[name]] if name in parent else -1 for name in kept),
        tuple(frozenset(observed[name]) for name in kept),
        tuple(gained[name] for name in kept),
    )


def carried_mutations(tree: CloneTree) -> list[frozenset[str]]:
    """Return the mutations each clone carries, with its ancestors'; where unknown, the names on its path."""
    known = any(tree.mutations)
    carried: list[frozenset[str]] = []
    for clone, above in enumerate(tree.parent):
        gained = tree.mutations[clone] if known else (tree.names[clone],)
        carried.append((carried[above] if above >= 0 else frozenset()) | frozenset(gained))
    return carried


def gained_mutations(names: Sequence[str], parent: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the mutations that each vertex lists and no ancestor does, walking down the tree from its root."""
    below: dict[str, list[str]] = {}
    for name, above in parent.items():
        below.setdefault(above, []).append(name)
    carried: Counter[str] = Counter()
    gained: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, bool]] = [(names[0], True)]
    while waiting:
        name, entered = waiting.pop()
        if not entered:
            carried.subtract(gained[name])
            continue
        gained[name] = tuple(dict.fromkeys(part for part in listed_mutations(name) if not carried[part]))
        carried.update(gained[name])
        waiting.append((name, False))
        waiting += [(child, True) for child in below.get(name, ())]
    return gained


def occurrences(
    names: Sequence[str],
    parent: Mapping[str, str],
    sites: Mapping[str, Sequence[str]],
    gained: Mapping[str, Sequence[str]],
    listed: bool,
) -> frozenset[str]:
    """Return the leaves that gained nothing: they only say where the clone above them was seen."""
    inner = set(parent.values())
    found = set()
    for name in names:
        if name in inner or name not in parent:
            continue
        rest = name[len(parent[name]) :] if name.startswith(parent[name]) else ""
        named_by_site = rest[:1] in ("_", "^", "|") and rest[1:] in sites.get(name, ())
        if listed:
            gained_none = bool(listed_mutations(name)) and not gained[name]
        else:
            gained_none = OCCURRENCE.fullmatch(rest) is not None
        if gained_none or named_by_site:
            found.add(name)
    return frozenset(found)


def _without_sites(names: Sequence[str], observed: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the names with ``|site`` cut off wherever they stay different."""
    short = [_cut(name, observed[name]) for name in names]
    taken = Counter(short) + Counter(names)
    return tuple(cut if cut == name or taken[cut] == 1 else name for cut, name in zip(short, names, strict=True))


def _cut(name: str, sites: set[str]) -> str:
    head, bar, site = name.rpartition("|")
    return head if bar and head and site in sites else name

"""Tables of Metient: read counts a mutation and site, or which cluster is present where.

``var_read_prob`` is the share of reads that carry the mutation if every tumour cell does: half the purity where no copy
was gained or lost, which is what is assumed of all mutations here.

References
----------
Metient: https://doi.org/10.1038/s41592-025-02924-8; columns: https://github.com/morrislab/metient
"""

from selfseed.interchange.counts import Layout
from selfseed.interchange.machina import Label
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.table import Table

LAYOUT = Layout(
    "Metient",
    {
        "mutation": "character_label",
        "sample": "anatomical_site_label",
        "ref": "ref",
        "var": "var",
        "purity": "var_read_prob",
        "cluster": "cluster_index",
    },
    purity_factor=2.0,
)

PRESENCE = ("anatomical_site_label", "cluster_index", "present")
CATEGORIES = ("primary", "metastasis")


def presence(table: Table, mistakes: Mistakes) -> list[Label]:
    """Return the cluster and the site of each row that says ``present``, as a labeling of the tree of clusters.

    Raises
    ------
    ScenarioError
        If a column of ``PRESENCE`` is not there.
    """
    for name in PRESENCE:
        if name not in table.columns:
            mistakes.add(table.line, f"no column {quoted(name)}", suggestion(name, table.columns))
    mistakes.stop()
    site, cluster, present = (table.columns.index(name) for name in PRESENCE)
    found: list[Label] = []
    for line, cells in table.rows:
        if cells[present] not in ("0", "1"):
            mistakes.add(line, f"present {quoted(cells[present])}", "0 or 1")
        elif cells[present] == "1":
            found.append((line, cells[cluster], (cells[site],)))
    return found


def primaries(table: Table, mistakes: Mistakes) -> tuple[str, ...]:
    """Return the sites that the table calls primary, in the order of their first rows; none where it does not say."""
    if not {"anatomical_site_label", "site_category"} <= set(table.columns):
        return ()
    site, category = (table.columns.index(name) for name in ("anatomical_site_label", "site_category"))
    for line, cells in table.rows:
        if cells[category] not in CATEGORIES:
            mistakes.add(line, f"site_category {quoted(cells[category])}", " or ".join(CATEGORIES))
    return tuple(dict.fromkeys(cells[site] for _, cells in table.rows if cells[category] == "primary"))

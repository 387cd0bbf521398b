"""The input table of CONIPHER: reads, raw copy numbers, purity (ACF) and, for its trees, clusters.

The raw copy numbers are fractional; they are rounded before they are compared with one copy of each allele.

References
----------
Grigoriadis et al. (2024), https://doi.org/10.1038/s41596-023-00913-9
"""

from selfseed.interchange.counts import Layout

LAYOUT = Layout(
    "CONIPHER",
    {
        "mutation": ("CHR", "POS", "REF", "ALT"),
        "sample": "SAMPLE",
        "ref": "REF_COUNT",
        "var": "VAR_COUNT",
        "purity": "ACF",
        "cluster": "CLUSTER",
    },
    normal={"COPY_NUMBER_A": 1, "COPY_NUMBER_B": 1},
    case="CASE_ID",
)

"""The input table of PyClone-VI: reads, copy numbers and tumour content, a mutation and sample a row.

References
----------
Gillis, Roth (2020), https://doi.org/10.1186/s12859-020-03919-2; columns: https://github.com/Roth-Lab/pyclone-vi
"""

from selfseed.interchange.counts import Layout

LAYOUT = Layout(
    "PyClone-VI",
    {
        "mutation": "mutation_id",
        "sample": "sample_id",
        "ref": "ref_counts",
        "var": "alt_counts",
        "purity": "tumour_content",
    },
    normal={"major_cn": 1, "minor_cn": 1, "normal_cn": 2},
)

"""The fixed vocabulary of the law: genes, growth laws, organs, routes, switches."""

GENES = ("IL6", "CXCL8", "FSCN1", "MMP1", "CXCL1")
GENE_ALIASES = {
    "IL-6": "IL6",
    "IL8": "CXCL8",
    "IL-8": "CXCL8",
    "FASCIN": "FSCN1",
    "FASCIN-1": "FSCN1",
    "MMP-1": "MMP1",
    "COLLAGENASE-1": "MMP1",
    "GRO1": "CXCL1",
}
GROWTH_LAWS = ("exponential", "logistic", "gompertz", "power_law", "von_bertalanffy")
ORGANS = ("mammary_gland", "lung", "liver", "gut", "bone", "brain", "kidney", "muscle", "skin")
SEED_ROUTES = ("primary", "secondary", "cross", "metastatic")
ROUTES = ("tail_vein", "intracardiac", "portal_vein")

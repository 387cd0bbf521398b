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
DRUG_TARGETS = ("IL6", "CXCL8", "CSF2", "IL6 receptor", "CXCL8 receptor", "FSCN1", "MMP1", "growth")
"""What a drug acts on: free ligand, receptor, the activity of an enzyme or of fascin, division."""
DRUG_ROUTES = ("intravenous", "oral", "subcutaneous", "intraperitoneal")
FILTERS = ("draining vein", "peripheral vein")
SEED_ROUTES = ("primary", "secondary", "cross", "metastatic")
ROUTES = ("tail_vein", "intracardiac", "portal_vein")

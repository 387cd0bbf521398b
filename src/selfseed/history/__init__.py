"""Migration histories: from a clone tree or sequencing reads to where tumour cells came from, and came back."""

"""Migration histories: from a patient's clone tree or sequencing reads to where tumour cells came from, and came back."""

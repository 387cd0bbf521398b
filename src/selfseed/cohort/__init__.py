"""Virtual patients: what becomes of them, how arms compare, how they stand beside real ones, and trials of them."""

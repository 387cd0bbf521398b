"""Draw what a run holds: figures and the report. The only room with matplotlib; statistics come from `analysis`."""

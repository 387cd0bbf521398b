"""Formats of other programs: each file reads or writes one, as plain names, numbers and the lines they stood on."""

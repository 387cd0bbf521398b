"""Calibration of a scenario to measurements."""

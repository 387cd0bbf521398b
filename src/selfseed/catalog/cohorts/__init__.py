"""Cohorts of virtual patients that come with selfseed."""

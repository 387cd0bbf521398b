"""Closed forms that know no loop: the truth against which kernels and engines are held."""

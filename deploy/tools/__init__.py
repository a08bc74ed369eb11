"""Run from a checkout: what is built for the package, and what a machine needs."""

"""Measurements of the real paths; each prints its figures and the machine, and none is a test."""

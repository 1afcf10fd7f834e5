"""Alerts to other systems and people: who gets what, in which shape, signed how, by which road."""

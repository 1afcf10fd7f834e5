"""Numbered changes of the records' tables, run by Alembic on every start."""

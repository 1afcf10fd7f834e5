"""Starts the servers that bukong can stand on, for tests, measurements and trials."""

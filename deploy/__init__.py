"""Ways to deploy bukong; as a package, the one that needs nothing else: everything in one process."""

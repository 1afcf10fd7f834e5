"""The demo: a small city's cameras, edge nodes, bus and centre in one process, judged against the simulator's truth."""

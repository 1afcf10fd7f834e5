"""The demo: a small city in one process, from cameras to page, judged against the simulator's truth."""

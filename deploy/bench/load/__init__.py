"""The load on a whole centre: simulated nodes, the real bus, the real processes, a long watchlist."""

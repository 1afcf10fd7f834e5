"""Making our own models: rendered plates, training, export, evaluation. Running the edge never needs this."""

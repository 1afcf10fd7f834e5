"""The renderer: plates, vehicles and road scenes."""

"""Where evidence images are kept."""

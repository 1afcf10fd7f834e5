"""The centre: passages stored, watchlists matched, alerts raised, tracks searched."""

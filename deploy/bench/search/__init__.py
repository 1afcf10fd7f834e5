"""How fast the past answers: a city's months in a real passage store, and the questions that are put to it."""

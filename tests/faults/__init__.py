"""kill -9 of a node and of the centre at random moments: what is stored afterwards is every passage, once."""

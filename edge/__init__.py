"""A node at the roadside: cameras in, passages out."""

"""The wire contract that edge and centre both stand on: plates, passages, orders, the bus."""

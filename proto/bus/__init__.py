"""The bus between edge and centre: one port, an embedded engine, and Kafka."""

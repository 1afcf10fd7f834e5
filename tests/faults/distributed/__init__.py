"""Faults on the distributed centre: three Kafka brokers, Redis, PostgreSQL, central processes and nodes, all
from processes of this machine, broken at random while passages flow; afterwards every one is accounted for."""

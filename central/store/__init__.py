"""Where passages are kept: one SQL, spoken to chDB in this process or to a ClickHouse server."""

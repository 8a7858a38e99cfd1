"""The wire: what changed travels to every browser, program and waiting caller."""

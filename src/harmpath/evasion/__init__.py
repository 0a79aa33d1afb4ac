"""What reachable false data do to the model: attacks limited to the Reach of the attack paths."""

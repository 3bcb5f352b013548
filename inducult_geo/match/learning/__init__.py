"""Learn weights from labelled pairs, and refit them to the decisions of stewards."""

"""What the words of a source mean: countries, trades, types, states, names."""

"""What the comparisons of a pair say together, beside its rivals: one score, and why."""

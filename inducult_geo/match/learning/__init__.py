"""Weights learned from labelled pairs, and moved by the decisions of stewards."""

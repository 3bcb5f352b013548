"""Export open questions to stewards, import their answers into the decisions log, refit weights by them."""

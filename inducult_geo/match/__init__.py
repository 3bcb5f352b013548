"""Decide which records are one site, with scores, reasons, people's decisions, and ids that stay."""

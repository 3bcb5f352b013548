"""Matching: which records are one site, with scores, reasons, decisions and ids that stay."""

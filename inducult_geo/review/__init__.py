"""The steward's word: open questions go out, answers come back into the log, weights follow them."""

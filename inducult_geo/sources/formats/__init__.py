"""Read files of any known format as text, one row for each record, after judging their content."""

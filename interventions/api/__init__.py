"""Questions as JSON: parse, one action or query, answer."""

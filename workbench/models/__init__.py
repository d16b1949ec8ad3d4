"""Networks in plain torch, and the loading of their weights. Knows core only."""

"""Real sequences for training a single-target tracker: readers, sampling of pairs, crops and proposals."""

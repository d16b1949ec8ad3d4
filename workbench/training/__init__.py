"""Procedural data and training jobs. Opens no database and no window."""

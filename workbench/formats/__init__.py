"""Annotation files, one format a module. Knows core only."""

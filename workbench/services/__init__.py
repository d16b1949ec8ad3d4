"""Use cases, for the window and the command line alike. No Qt, no SQL text."""

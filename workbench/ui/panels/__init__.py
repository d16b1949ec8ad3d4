"""The lists beside the canvas: tracks, classes and history."""

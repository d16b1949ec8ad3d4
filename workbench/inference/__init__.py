"""Sessions: images in, boxes and scores out. Takes frames as an iterator and does not know video."""

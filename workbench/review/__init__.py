"""Finding what is wrong with the identities of tracks: pure functions of boxes, looks and links."""

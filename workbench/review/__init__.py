"""Finding identity errors in tracks: pure functions of boxes, scores, embeddings and the picture."""

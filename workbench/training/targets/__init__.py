"""From annotated images to what the networks learn from: crops, colours, and targets on the output grid."""

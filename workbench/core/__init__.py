"""Values every layer shares: boxes, rows, change sets and errors. Knows numpy and nothing else."""

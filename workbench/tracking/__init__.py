"""Association and motion: numpy, scipy and lap, no networks. Knows core only."""

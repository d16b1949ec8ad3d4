"""From the maps of a network to what it found, in cells of the grid, in torch.

A decoder takes maps by the names of their heads, activated (``activation``), and gives tensors by name, each
(B, K, ...), best first: always "score" and "class", and what the task adds. K is fixed, so scores may be 0
where a map has fewer peaks; filter by score first.
"""

"""Procedural video with exact boxes, identities, masks and visibility: pairs to train on, clips to test with.

Everything is painted from the same few things: materials (``textures``) fill shapes (``patches``), which
make up objects in several poses (``families``, ``sprites``), which are laid over a background
(``backgrounds``) and seen through a camera (``effects``). Small random numbers come from numpy generators
keyed by (seed, place), pictures from torch on any device, so a scene is the same wherever it is painted.
"""

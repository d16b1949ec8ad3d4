"""ATOM, a tracker with an online-learned classifier and a refined box, as published.

M. Danelljan, G. Bhat, F. S. Khan, M. Felsberg, "ATOM: Accurate Tracking by Overlap Maximization",
CVPR 2019, arXiv:1811.07628.
"""

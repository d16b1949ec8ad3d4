"""Training ATOM: its overlap head, its backbone, and the recipe of the weights that ship."""

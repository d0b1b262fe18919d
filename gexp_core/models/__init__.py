"""Models: their cards, their architectures (one file each), and how they are loaded."""

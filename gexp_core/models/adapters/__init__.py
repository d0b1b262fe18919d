"""Published models, loaded from a person's own copy of their files.

Each adapter reads weights as numbers into a network of this package. Owns no weights: none come
with the software.
"""

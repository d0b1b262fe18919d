"""Errors a visitor can cause: what was given, what is wanted, what to do.

Only these are caught by a page or by the command line. Anything else is a bug and shows as one.
"""


class GexpError(Exception):
    """Carry one clear sentence for the person who caused it."""


class InputError(GexpError):
    """Say what is wrong with sequences, files or coordinates a person gave."""


class LimitError(InputError):
    """Say which stated bound (bytes, records, bases, evaluations) was passed."""


class ModelError(GexpError):
    """Say what is wrong with a model name, a card, a weight file or a requested target."""


class CancelledError(GexpError):
    """Say that the person stopped the work; nothing was computed wrongly."""

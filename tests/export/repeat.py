"""Print the sha256 of a bundle of hand-made results; run by a test in a process of its own."""

import hashlib

from gexp_core.export.bundle import results_bundle
from tests.figures import made


def bundle() -> bytes:
    """Return a zip of everything about four sequences with hostile names."""
    sequences = made.sequence_set(made.HOSTILE, 24)
    return results_bundle(
        sequences,
        made.prediction(sequences),
        made.attribution(sequences),
        made.mutagenesis(sequences),
        made.card(),
        pictured=1,
    )


if __name__ == "__main__":
    print(hashlib.sha256(bundle()).hexdigest())

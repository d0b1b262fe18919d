"""Which word the motif bench begins with: that of the motif looked at on Motifs, else an example.

Owns how a consensus becomes letters to write, or a word to look for.
"""

from gexp_core.motifs.bench_texts import WIDTHS
from gexp_core.motifs.words import FEWEST
from gexp_core.ui import workspace

#: Where the page Motifs keeps the consensus of the motif that is looked at.
KEY = "_motif_consensus"


def letters(example: str) -> str:
    """Return the motif's best letters, or ``example`` where no motif was looked at."""
    consensus = str(workspace.setting(KEY, ""))[: WIDTHS[1]]
    return consensus.upper() if len(consensus) >= WIDTHS[0] else example


def word(example: str) -> str:
    """Return the motif's letters with N for those that fewer than half of its sites have.

    ``example`` where no motif was looked at, or too little of it says something.
    """
    consensus = str(workspace.setting(KEY, ""))[: WIDTHS[1]]
    made = "".join(c if c.isupper() else "N" for c in consensus).strip("N")
    return made if len(made) - made.count("N") >= FEWEST else example

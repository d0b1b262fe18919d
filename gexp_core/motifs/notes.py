"""Sentences about a search for motifs: why there is none, and what was counted together.

Owns their words; nothing that computes.
"""

from gexp_core.motifs.chance import PIECE, Q
from gexp_core.motifs.nouns import Calling
from gexp_core.motifs.placing import SIGNS


def copied(pieces: int, different: int) -> list[str]:
    """Say how many pieces of the sequences are different, if not all."""
    if pieces == different:
        return []
    return [
        f"Alike sequences (copies, variants, tiles) count as one where patterns are held against "
        f"chance: of {pieces:,} pieces of {PIECE} bases or a whole sequence, {different:,} are "
        f"different."
    ]


def not_ranked(sign: int) -> str:
    """Say that TF-MoDISco gave up on one sign."""
    return (
        f"Of what {SIGNS[sign]} the prediction, TF-MoDISco could not rank its patterns, as happens "
        "where all are noise; only patterns begun with common words were looked at."
    )


def lacking(calling: Calling, least: int, share: float) -> list[str]:
    """Say why there is no motif of one sign.

    Parameters
    ----------
    calling : of that sign
    least : sites that a motif needs
    share : of its sites, that may be expected by chance
    """
    none = f"No motif that {SIGNS[calling.sign]} the prediction: "
    if calling.patterns > calling.rejected:
        return []
    if calling.patterns:
        many = f"{calling.patterns:,} patterns were" if calling.patterns > 1 else "one pattern was"
        why = f"{none}{many} found, with fewer than {least} sites"
        if calling.control is None:
            return [f"{why}."]
        return [
            f"{why}, nearly as many in shuffled sequences (at most {share:.0%} may be "
            f"expected by chance), or too few more than there to be sure (q above {Q:g})."
        ]
    if not calling.gathered:
        return [f"{none}no stretch of the scores stands out."]
    weak = "stretch" if calling.gathered == 1 else "stretches"
    if calling.gathered < least:
        return [
            f"{none}the scores have {calling.gathered:,} {weak} that may be a site, and a motif "
            f"needs at least {least} that are alike. Give more sequences."
        ]
    return [
        f"{none}of {calling.gathered:,} {weak} of the scores that may be a site, no {least} are "
        f"alike."
    ]

"""Motifs as one HTML file that opens anywhere, without a network.

Owns the report's words and look. All text is escaped, logos are inline SVG, nothing is loaded or
run. The same motifs give the same bytes.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape

from gexp_core.export.motifs_at_work import family_of
from gexp_core.export.text import line
from gexp_core.figures.motifs import MOST_BITS, aligned, information, motif_svg, small_svg
from gexp_core.models.card import ModelCard
from gexp_core.motifs.credited import AtWork
from gexp_core.motifs.database import link
from gexp_core.motifs.meme import Known
from gexp_core.motifs.nouns import Calling, Motif, MotifSet

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}table{border-collapse:collapse}td,th{padding:.25rem .7rem;"
    "border-bottom:1px solid #d0d4d9;text-align:left;vertical-align:middle}"
    "section{margin:2.5rem 0}.small{color:#5f6368;font-size:13px}svg{max-width:100%}"
    "td:last-child{white-space:nowrap}"
)
_SHOWN = 5  # matches and sites of a motif that are listed
_ALIGNED = 3  # matches whose logos are drawn


def counted(calling: Calling) -> str:
    """Return in words how much of one sign there was, and what shuffled sequences have."""
    one = calling.called == 1
    deed = "raise" if calling.sign > 0 else "lower"
    text = f"{calling.called:,} stretch{'' if one else 'es'} of the scores {deed}{'s' * one}"
    text += " the prediction"
    if calling.expected_false is not None and calling.called:
        text += f"; shuffled sequences of the same size would have {calling.expected_false:.3g}"
    text += f"; {calling.patterned:,} {'is' if one else 'are'} at a site of a motif."
    if not calling.patterns:
        return text
    many = calling.patterns > 1
    text += f" Weak ones included, {calling.gathered:,} stretches make {calling.patterns:,} "
    text += f"pattern{'s' if many else ''} of alike ones"
    if calling.control is None:
        return f"{text}."
    chance = f"{calling.rejected:,} {'has' if calling.rejected == 1 else 'have'}"
    return f"{text}, of which {chance} too few sites or not clearly more than shuffled sequences."


def beside_chance(motif: Motif) -> str:
    """Return in words how a motif's sites compare with shuffled sequences; '' where unknown."""
    if math.isnan(motif.expected):
        return ""
    many = "site" if len(motif.sites) == 1 else "sites"
    return (
        f"{len(motif.sites):,} {many} here; {motif.expected:.3g} are expected by chance, as in "
        f"shuffled sequences of the same size (q = {motif.q:.1g})."
    )


def report(found: MotifSet, card: ModelCard, known: Sequence[Known] = ()) -> bytes:
    """Return the report.

    Parameters
    ----------
    found : MotifSet
    card : ModelCard
        Of the model that was explained.
    known : sequence of Known, optional
        What the motifs were named by, to draw matches beside them.
    """
    by_id = {one.id: one for one in known}
    track = card.explained(found.target)
    about = (
        f"{len(found.motifs)} {'motif' if len(found.motifs) == 1 else 'motifs'} in "
        f"{len(found.names):,} {'sequence' if len(found.names) == 1 else 'sequences'}, as "
        f"{card.title} reads them. Track: {track}. Contributions in {found.units}"
        f"{_strands(found)}."
    )
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f"<title>Motifs, {_text(card.name)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Motifs</h1><p>{_text(about)}</p>",
        "".join(f"<p>{_text(counted(one))}</p>" for one in found.calling),
        "".join(f"<p>{_text(note)}</p>" for note in found.notes),
    ]
    if found.motifs:
        heads = ("Motif", "Letters", "Sites", "By chance", "Mean contribution", "Most like", "q")
        parts.append("<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>")
        for at, motif in enumerate(found.motifs):
            best = motif.matches[0] if motif.matches else None
            by_chance = "" if math.isnan(motif.expected) else f"{motif.expected:.3g}"
            sites = f"{len(motif.sites):,}"
            cells = (motif.consensus, sites, by_chance, f"{motif.contribution:+.3g}")
            parts.append(
                f'<tr><td><a href="#m{at}">{_text(motif.name)}</a></td>'
                + "".join(f"<td>{_text(one)}</td>" for one in cells)
                + (
                    f"<td>{_linked(best.id, best.name)}</td><td>{best.q:.2g}</td></tr>"
                    if best
                    else "<td>nothing known</td><td></td></tr>"
                )
            )
        parts.append("</table>")
    parts += [_section(at, motif, found, by_id) for at, motif in enumerate(found.motifs)]
    if found.at_work is not None:
        parts.append(_at_work(found.at_work, found.units))
    parts.append(
        "<section><h2>How it was made</h2><p class=small>Letters: share of each letter among the "
        "sites, scaled by the information of the column. Contribution: mean score of the letters "
        "at the sites. By chance: sites that as many bases of dinucleotide-shuffled sequences "
        "have; a pattern is a motif if it has clearly more here. Names: TOMTOM against "
        f"{_text(found.database or 'nothing')}; q is the share "
        "of false matches among those at least as good. A motif is like a factor's; whether that "
        "factor binds there, only an experiment says.</p>"
        f"<pre class=small>{_text(found.provenance.to_json(), False)}</pre></section></body></html>"
    )
    return "".join(parts).encode("utf-8", "replace")


def _strands(found: MotifSet) -> str:
    """Return in words which strands the scores are of; '' where that was not kept."""
    both = found.provenance.settings.get("attribution", {}).get("both_strands")
    if both is None:
        return ""
    return ", the mean over both strands" if both else ", of the strand that is given alone"


def _section(at: int, motif: Motif, found: MotifSet, by_id: Mapping[str, Known]) -> str:
    """Return the part of one motif."""
    parts = [
        f'<section id="m{at}"><h2>{_text(motif.name)}</h2>',
        motif_svg(motif, "information", title="Letters"),
        motif_svg(motif, "contribution", unit=found.units, title="Contribution"),
        f"<p>{beside_chance(motif)}</p>" if beside_chance(motif) else "",
    ]
    if motif.matches:
        aligned_head = "Aligned, the motif above; 2 bits tall"
        parts.append(f"<table><tr><th>Like</th><th>q</th><th>{aligned_head}</th></tr>")
        for rank, match in enumerate(motif.matches[:_SHOWN]):
            drawn = ""
            if match.id in by_id and rank < _ALIGNED:
                both = aligned(motif, match, by_id[match.id])
                drawn = "<br>".join(small_svg(x, MOST_BITS) for x in both)
            label = _linked(match.id, match.name)
            parts.append(f"<tr><td>{label}</td><td>{match.q:.2g}</td><td>{drawn}</td></tr>")
        parts.append("</table>")
    parts.append("<p class=small>Strongest sites (0-based half-open): ")
    parts.append(
        "; ".join(
            _text(f"{found.names[s.sequence]} {s.start}-{s.end} {s.strand} ({s.contribution:+.3g})")
            for s in motif.sites[:_SHOWN]
        )
    )
    return "".join([*parts, "</p></section>"])


def _at_work(made: AtWork, units: str) -> str:
    """Return the part of the known motifs at work."""
    parts = ["<section><h2>Known motifs at work</h2>"]
    parts += [f"<p>{_text(note)}</p>" for note in made.notes]
    if made.motifs:
        heads = (
            *("Motif and relatives", "Letters", "It", "Places", "Credit", "Elsewhere"),
            *("Scrambled", "q"),
        )
        parts.append("<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>")
        for one in made.motifs:
            name = _linked(one.id, one.name) + _text(family_of(one).removeprefix(one.name))
            cells = (
                one.effect,
                f"{len(one.places):,}",
                *(f"{x:+.3g}" for x in (one.credit, one.elsewhere, one.scrambled)),
                f"{one.q:.1g}",
            )
            logo = small_svg(information(one.ppm))
            rest = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
            parts.append(f"<tr><td>{name}</td><td>{logo}</td>{rest}</tr>")
        parts.append("</table>")
    words = (
        f"Of {made.known:,} motifs of {made.database or 'the database'}, {made.asked:,} fit the "
        "letters of enough sequences to be judged. Credit: mean sum of scores at the places where "
        f"a motif fits ({units}). Elsewhere: the same of as many bases with such letters at other "
        "places of these texts; scrambled: where the motif fits with its columns in another "
        "order. q: about the share of false ones among motifs with so small a q (Benjamini and "
        "Hochberg); a guide, no guarantee. Motifs that fit the same places are one family: the "
        "name says which, not which of its members binds."
    )
    return "".join([*parts, f"<p class=small>{_text(words)}</p></section>"])


def _text(text: str, one_line: bool = True) -> str:
    return escape(line(text) if one_line else text)


def _linked(id: str, name: str) -> str:
    """Return a known motif's name and id, linked where its database is known."""
    label = _text(f"{name} ({id})" if name != id else id)
    address = link(id)
    return f'<a href="{escape(address)}" rel="noreferrer">{label}</a>' if address else label

"""The motif bench's third experiment: sites taken out of the visitor's sequences.

Owns the controls, the table and the words around the plot.
"""

import math
from typing import Any

import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError
from gexp_core.figures.bench import sites_plot
from gexp_core.inputs.limits import many
from gexp_core.models.card import ModelCard
from gexp_core.motifs.bench_sites import DRAWS, count, evaluations_of
from gexp_core.motifs.taken_out import Place, TakenOut, digest_of, interval, mean, over
from gexp_core.ui import bench_word, controls, download, show, work, workspace
from gexp_core.ui.bench_curves import few

_WORK = "gexp_core.motifs.bench_sites:take_out_named"
_WORD = "TAATCC"


def run(card: ModelCard) -> None:
    """Draw the experiment below the choice of experiments."""
    sequences = workspace.sequences()
    called, found = bench_word.sites(sequences)
    if found and _found_ones(called):
        _shown(_made(card, called, found), card)
        return
    word = st.text_input(
        "Word",
        bench_word.word(_WORD),
        key="bench_word",
        max_chars=60,
        persist_state="session",
        help="Letters that make a site, on either strand: A, C, G, T, or IUPAC codes for several "
        "(R is A or G, Y is C or T, N is any).",
    )
    try:
        there = count(sequences, word or "")
    except GexpError as error:
        show.problem(error)
        return
    if not there:
        n = len(sequences)
        none = "Your sequence does not have" if n == 1 else f"None of your {n:,} sequences has"
        st.info(
            f"{none} {show.plain(word or '')} on either "
            "strand. Try fewer letters, or codes for several: R is A or G, Y is C or T, N is any.",
            icon=":material/info:",
        )
        return
    _shown(_made(card, word or "", None), card)


def _found_ones(called: str) -> bool:
    """Offer the sites that were found beside those of a word; return whether they are chosen."""
    names = {"found": show.plain(called), "word": "All places with a word"}
    chosen = st.segmented_control(
        "Which sites",
        list(names),
        format_func=lambda key: names.get(key, key),
        default="found",
        key="bench_sites",
        persist_state="session",
        help="Those that the page Motifs found for the motif looked at last, or all places with "
        "the letters of a word, whether the model reads them or not.",
    )
    return chosen == "found"


def _made(card: ModelCard, word: str, found: tuple[Place, ...] | None) -> TakenOut:
    """Return the experiment; end the page until it is made."""
    sequences = workspace.sequences()
    places = "" if found is None else digest_of(found)
    how: dict[str, Any] = {
        "both_strands": controls.both_strands(card),
        "stride": controls.stride(card),
    }
    made: TakenOut = work.result(
        "Taking sites out",
        _WORK,
        card,
        sequences,
        given=(card.name, sequences, word, found),
        about=(word, places),
        units=lambda: evaluations_of(card, sequences, word, found, **how),
        track=controls.target(card).track,
        seed=controls.seed(),
        **how,
    )
    return made


def _shown(made: TakenOut, card: ModelCard) -> None:
    """Show the means, every site, and what they are compared with."""
    sequences = len(set(made.of))
    columns, fewest = st.columns(3), sequences
    columns[0].metric("Sites", f"{made.found:,}", help=f"In {many(sequences, 'sequence')}.")
    for column, (label, (effect, _)) in zip(columns[1:], made.effects().items(), strict=True):
        centre, (low, high), n = mean(effect), interval(effect, made.of), over(effect, made.of)
        told = (
            f"95 % band, bootstrap over {n} sequences{few(n)}: {show.number(low, '+')} to "
            f"{show.number(high, '+')}."
            if math.isfinite(low)
            else "no interval from one sequence."
        )
        fewest = min(fewest, n) if n > 1 else fewest
        if math.isfinite(centre):
            said = show.number(centre, "+")
            column.metric(f"Mean, {label}", said, help=f"Effect, {card.units}; {told}")
        else:
            column.metric(f"Mean, {label}", "not defined", help="At no site; see below.")
    st.plotly_chart(sites_plot(made), width="stretch", theme=None, key="bench_sites_plot")
    some = "" if made.found == len(made.sites) else f"{len(made.sites)} of them, taken evenly. "
    show.note(
        f"Blue points are sites. {some}Scrambled: its letters in another order, mean of "
        f"{DRAWS}. Turned round: its reverse complement in its place. Elsewhere, in grey: the same "
        f"done to {DRAWS} stretches as long elsewhere on its sequence, their mean. Diamonds are "
        "means"
        + (
            f" with 95 % bands (bootstrap over {fewest} sequences{few(fewest)})."
            if sequences > 1
            else ": of one sequence, without a band."
        )
    )
    _undefined(made)
    if not controls.both_strands(card):
        _by_strand(made)
    st.caption(f"Effects are in {card.units}; 0 is no effect.")
    rows = table(made)
    with st.expander("The site" if len(rows) == 1 else f"The {len(rows):,} sites"):
        st.dataframe(rows, hide_index=True, width="stretch")
    download.row(
        {
            "Table": ("sites_taken_out.tsv", download.table(lambda: table(made))),
            "Provenance": ("sites_taken_out.json", lambda: made.provenance.to_json().encode()),
        }
    )


def _undefined(made: TakenOut) -> None:
    """Say at how many sites a change is not defined, with the reason of the first."""
    for label, reasons in made.not_defined().items():
        some = [why for why in reasons if why]
        if some:
            show.note(
                f"{label.capitalize()} is not defined at {len(some):,} of "
                f"{many(len(made.sites), 'site')}, which its mean leaves out: {some[0]}."
            )


def _by_strand(made: TakenOut) -> None:
    """Say what sites do on either strand, which are two questions where one strand is read."""
    told = []
    for strand in "+-":
        on = [k for k, site in enumerate(made.sites) if site.strand == strand]
        if on:
            means = (
                f"{label} {show.number(mean(effect[on]), '+')}"
                for label, (effect, _) in made.effects().items()
            )
            told.append(f"{len(on):,} on {strand} ({', '.join(means)})".replace("+nan", "nan"))
    if len(told) > 1:
        show.note(f"One strand is read, so sites on + and - are two questions: {'; '.join(told)}.")


def _notes(made: TakenOut) -> list[str]:
    """Return, for each site, which changes are not defined, and why."""
    notes = [
        [f"{label} is not defined: {why}" if why else "" for why in reasons]
        for label, reasons in made.not_defined().items()
    ]
    return ["; ".join(filter(None, each)) for each in zip(*notes, strict=True)]


def table(made: TakenOut) -> pd.DataFrame:
    """Return one row per site, the one that matters most first; position is 1-based.

    ``strand`` is that on which the site reads as the word or motif, '.' for both or where it is not
    known. A change that is not defined has no number, and ``note`` says why.
    """
    rows = pd.DataFrame(
        {
            "sequence": [made.names[site.sequence] for site in made.sites],
            "position": [site.start + 1 for site in made.sites],
            "end": [site.end for site in made.sites],
            "strand": [site.strand for site in made.sites],
            "letters": made.letters,
            "scrambled": made.scrambled,
            "scrambled_elsewhere": made.scrambled_elsewhere,
            "turned": made.turned,
            "turned_elsewhere": made.turned_elsewhere,
            "unit": made.units,
            "note": _notes(made),
        }
    )
    sizes = rows["scrambled"].fillna(rows["turned"]).abs()
    order = sizes.sort_values(ascending=False, kind="stable").index
    return rows.loc[order].reset_index(drop=True)

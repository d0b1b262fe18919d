"""Known motifs at work as a visitor sees them: one row for each family, and its places.

Owns the words around them, and which family is looked at.
"""

from functools import partial

import streamlit as st

from gexp_core.export.motifs import comma
from gexp_core.export.motifs_at_work import family_table, names_of, place_table
from gexp_core.figures.motifs import data_uri, information, small_svg
from gexp_core.motifs.credited import Credited
from gexp_core.motifs.database import link
from gexp_core.motifs.nouns import Motif, MotifSet, Site
from gexp_core.motifs.scanning import FITS
from gexp_core.ui import bench_word, download, show, workspace
from gexp_core.ui.view import Row, marks

_CHOSEN = "_motif_at_work"
_SHOWN = 2000  # places listed
_NAMED = 12  # relatives in a sentence


def section(made: MotifSet) -> None:
    """Show which known motifs are credited or debited where they fit, and the places of one."""
    if made.at_work is None:
        return
    work = made.at_work
    show.heading("Known motifs at work")
    st.markdown(
        "Here the question is asked the other way round: of every known motif, whether the bases "
        "where it fits are scored as raising, or lowering, the prediction more than chance allows. "
        "That finds words too rare or too weak to come out as a motif by themselves."
    )
    for note in work.notes:
        st.info(show.plain(note), icon=":material/info:")
    if not work.motifs:
        return
    _table(made)
    one = chosen(made)
    if one is None:
        return
    names = names_of(one)
    others = ", ".join(show.plain(name) for name in names[:_NAMED])
    others += f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    fit = "fits" if len(names) == 1 else "fit"
    address, label = link(one.id), show.plain(f"{one.name} {one.id}")
    st.markdown(
        (f"[{label}]({address})" if address else label)
        + (f" stands for its family: {others} {fit} the same places." if others else ".")
        + " Which member binds, the letters do not say."
    )
    rows = place_table(made)
    rows = rows[(rows["id"] == one.id) & (rows["name"] == one.name)].drop(
        columns=["name", "id", "unit"]
    )
    rows.insert(1, "position", rows.pop("start") + 1)
    if not len(rows):
        st.caption("It has no place on your sequences: the shuffled ones alone say so.")
        return _files(made)
    with st.expander("Its place" if len(rows) == 1 else f"Its {len(rows):,} places"):
        st.dataframe(rows.head(_SHOWN), hide_index=True, width="stretch", height=300)
        st.caption(
            "position is 1-based, end is the last base; letters as the motif reads them; credit is "
            f"the sum of the scores of its bases, {show.plain(made.units)}. Bases of a surer "
            "family in the list count 0."
        )
    _files(made)


def _files(made: MotifSet) -> None:
    work = made.at_work
    if work is None:
        return
    download.row(
        {
            "Known motifs at work": (
                "known_at_work.tsv",
                download.table(lambda: family_table(work, made.units)),
            ),
            "Their places (CSV)": ("known_at_work_places.csv", lambda: comma(place_table(made))),
        }
    )


def _table(made: MotifSet) -> None:
    if made.at_work is None:
        return
    work = made.at_work
    rows = family_table(work, made.units)
    rows.insert(0, "logo", [data_uri(small_svg(information(one.ppm))) for one in work.motifs])
    rows["effect"] = [one.effect for one in work.motifs]
    key = f"motifs_at_work_{made.provenance.input_digest[:12]}_{len(rows)}"
    column = st.column_config
    st.dataframe(
        rows,
        key=key,
        on_select=partial(_choose, key, tuple(map(_key, work.motifs))),
        selection_mode="single-row",
        hide_index=True,
        width="stretch",
        row_height=48,
        height=min(40 + 48 * len(rows), 520),
        column_order=["name", "logo", "effect", "places", "controls", "credit", "elsewhere",
                      "scrambled", "q", "relatives", "low", "high", "id"],
        column_config={
            "name": column.TextColumn(
                "Known motif", pinned=True, help="The surest of a family; it names the family."
            ),
            "logo": column.ImageColumn("Letters", width="medium"),
            "effect": column.TextColumn("It", help="Whether its places raise the prediction."),
            "places": column.NumberColumn(
                "Places",
                format="%d",
                help=f"Where it fits your sequences (FIMO, p at most {work.p:g}, and a score of at "
                f"least {FITS:g} bits).",
            ),
            "controls": column.NumberColumn(
                "In shuffled",
                format="%d",
                help="Places on the shuffled sequences, which are judged together with yours: the "
                "model reads a word wherever it stands.",
            ),
            "credit": column.NumberColumn(
                "Credit",
                format="%+.2f",
                help=f"Sum of the scores of a place's bases, mean over different sequences, "
                f"{made.units}.",
            ),
            "elsewhere": column.NumberColumn(
                "Elsewhere",
                format="%+.2f",
                help="What as many bases with the same letters and neighbours get, on average, "
                "elsewhere in these sequences.",
            ),
            "scrambled": column.NumberColumn(
                "Scrambled",
                format="%+.2f",
                help="A control: what places get where the motif fits with its columns in "
                "another order.",
            ),
            "q": column.NumberColumn(
                "q",
                format="%.0e",
                help="About the share of false ones among motifs with so small a q; a guide, no "
                "guarantee.",
            ),
            "relatives": column.TextColumn(
                "Relatives", help="Known motifs whose evidence is at the same places."
            ),
            "low": column.NumberColumn(
                "Low", format="%+.2f", help="Credit minus elsewhere, 95 % interval: lower end."
            ),
            "high": column.NumberColumn("High", format="%+.2f", help="Its upper end."),
            "id": column.TextColumn("Entry"),
        },
    )  # fmt: skip
    st.caption(
        f"{work.asked:,} of {work.known:,} motifs of {show.plain(work.database)} fit in sequences "
        "enough to be judged. Tick a row to see where it stands. A motif that lowers may be a word "
        "that one other letter would turn into one that raises."
    )


def _key(one: Credited) -> tuple[str, str]:
    """Return what tells a family from others: an entry is there twice where strands are apart."""
    return one.id, one.name


def _choose(key: str, keys: tuple[tuple[str, str], ...]) -> None:
    rows = workspace.ticked(key)
    if rows and rows[0] < len(keys):
        workspace.keep(_CHOSEN, keys[rows[0]])
        workspace.keep(bench_word.LOOKED, "known")


def chosen(made: MotifSet) -> Credited | None:
    """Return the family looked at, the surest until one is; None where there is none."""
    if made.at_work is None or not made.at_work.motifs:
        return None
    wanted: tuple[str, str] = workspace.setting(_CHOSEN, ("", ""))
    motifs = made.at_work.motifs
    return next((one for one in motifs if _key(one) == wanted), motifs[0])


def as_motif(made: MotifSet) -> Motif | None:
    """Return the family looked at as a motif with its places as sites; None where there is none."""
    one = chosen(made)
    if one is None:
        return None
    sites = tuple(
        Site(i, start, start + one.width, strand, credit, 1.0)
        for (i, start), strand, credit in zip(
            one.places.tolist(), one.strands, one.credits.tolist(), strict=True
        )
    )
    return Motif(one.name, one.ppm, one.ppm, sites)


def row(made: MotifSet, sequence: int) -> Row:
    """Return the places of all families on one sequence as a row of the view."""
    start, end, labels, strands = [], [], [], []
    for one in made.at_work.motifs if made.at_work is not None else ():
        for (i, begin), strand in zip(one.places.tolist(), one.strands, strict=True):
            if i == sequence:
                start.append(begin)
                end.append(begin + one.width)
                labels.append(f"{one.name}, {one.effect}")
                strands.append(strand)
    return marks(
        "Known motifs at work",
        start,
        end,
        labels,
        strands=strands,
        help="Where a known motif fits that the model credits or debits on the whole. One place "
        "alone may be by chance.",
    )

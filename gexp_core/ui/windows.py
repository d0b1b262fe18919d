"""What becomes of regions: the window of each, in both ways of counting, and what was done to it.

Owns the table, the drawing and the way on to the sequences.
"""

import contextlib

import pandas as pd
import streamlit as st

from gexp_core.errors import GexpError, InputError
from gexp_core.figures.windows import window_svg
from gexp_core.inputs import Genome, extract, format_region
from gexp_core.inputs.bed import build_named
from gexp_core.inputs.builds import named
from gexp_core.inputs.genome import BUILD_HINT
from gexp_core.inputs.intervals import centred
from gexp_core.types import InputCheck, Interval
from gexp_core.ui import download, frame, genomes, regions, show, workspace
from gexp_core.ui.regions import Given

_MODEL, _AS_IS, _OWN = "The model's window", "As given", "Another length"
_MOST_BASES = 200_000
_RARE = ("Shift", "Soft-masked", "N")  # columns left out where all are 0


def length(room: int) -> int | None:
    """Draw how long the windows are; return their bases, None for the regions as they are."""
    place = st.container(horizontal=True, vertical_alignment="bottom")
    which = place.segmented_control(
        "Read around each region",
        [_MODEL, _AS_IS, _OWN],
        default=_MODEL,
        required=True,
        key="window_kind",
        persist_state="session",
        help=f"The model's window holds {room} bp. A region is centred in it with its real flanks; "
        "near the end of a contig the window is shifted, not shortened. As given, a longer region "
        "is read in several windows, a shorter one in the model's neutral background.",
    )
    if which == _AS_IS:
        return None
    if which == _MODEL:
        return room
    chosen = place.number_input(
        "Bases",
        1,
        _MOST_BASES,
        value=min(_MOST_BASES, max(600, room)),
        key=f"window_length_{room}",  # what suits one model is no choice for another
        width=160,
        persist_state="session",
        help="Longer than the model's window gives a profile along the genome.",
    )
    return int(chosen)


def wanted(given: Given, genome: Genome, bases: int | None) -> tuple[Interval, ...]:
    """Return the places whose letters are needed; regions that have none are told of later."""
    found = []
    for one in given.intervals:
        with contextlib.suppress(InputError):
            where = one.interval
            found.append(where if bases is None else centred(where, bases, genome))
    return tuple(found)


def extracted(given: Given, genome: Genome, bases: int | None) -> InputCheck | None:
    """Take the letters out; show the problem and return None where nothing can be read."""
    before = "" if workspace.setting(regions.PROBLEM, None) is None else "From before: "
    show.heading(show.capital(f"{before}read from {given.source}"))
    if given.changes:
        show.note(f"{'; '.join(change.text for change in given.changes)}.")
    _build(given, genome)
    check = None
    with show.problems():
        check = extract(genome, given.intervals, bases)
    rejected = (*given.rejected, *(check.rejected if check is not None else ()))
    if rejected:
        n = len(rejected)
        with st.expander(f"Left out ({n:,})", expanded=True, icon=":material/warning:"):
            rows = [{"Region": one.record, "Why, and what to do": one.text} for one in rejected]
            st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
            st.caption(
                "The other regions are read. Go on with them, or put these right where you gave "
                "them and read them again."
                if check is not None
                else "Put them right where you gave them, and read them again."
            )
            if any(BUILD_HINT in one.text for one in rejected):
                genomes.offer_others(genome, "region_build")
    return check


def _build(given: Given, genome: Genome) -> None:
    """Warn where a track line names another build than the genome is, and offer that one."""
    known = genome.build()
    for text in build_named(given.changes):
        if known.name and named(text) not in (None, known.name):
            st.warning(
                f"A track line of {show.plain(given.source)} names the genome {show.plain(text)}, "
                f"but {show.plain(genome.name)} is {known.label}: the same coordinates are other "
                "places there. Choose the genome that is meant, lift the regions over, or go on if "
                "the track line is what is wrong.",
                icon=":material/difference:",
            )
            genomes.offer_others(genome, f"track_build_{text}")


def cut(given: Given, check: InputCheck, bases: int | None) -> None:
    """Say which regions are longer than the window, and offer to read them whole."""
    left = {one.record for one in check.rejected}
    longer = [
        one.name
        for one in given.intervals
        if bases is not None and one.name not in left and _size(one.interval) > bases
    ]
    if not longer:
        return
    n = len(longer)
    which, them, each = "One region is", "it", "it"
    if n > 1:
        which, them, each = f"{n:,} regions are", "them", "each"
    st.warning(
        f"{which} longer than {bases:,} bp "
        f"({show.plain(', '.join(longer[:3]))}{' ...' if n > 3 else ''}): only the {bases:,} bp in "
        f"the middle are read. To read {them} whole, take {them} as given: {each} is then read in "
        "several windows, which gives a profile along it.",
        icon=":material/content_cut:",
    )
    st.button(
        "Read all regions as given",
        key="read_whole",
        on_click=workspace.keep,
        args=("window_kind", _AS_IS),
        help="Sets the choice above to: As given.",
    )


def _size(interval: Interval) -> int:
    return interval.end - interval.start


def summary(check: InputCheck) -> None:
    """Say in four numbers what came of the regions."""
    counts = {
        kind: sum(change.kind == kind for change in check.changes)
        for kind in ("minus strand", "shifted")
    }
    masked = sum(change.count for change in check.changes if change.kind == "lower case")
    row = st.container(horizontal=True)  # breaks in a narrow window, where columns cut labels
    row.metric("Regions read", f"{len(check.sequences):,}")
    row.metric(
        "Minus strand", f"{counts['minus strand']:,}", help="Read as the reverse complement."
    )
    row.metric("Shifted", f"{counts['shifted']:,}", help="Windows moved to stay on their contig.")
    row.metric(
        "Soft-masked",
        f"{masked:,}",
        help="Bases in lower case in the genome (repeats, mostly). They are read like all others.",
    )
    twins = len(check.sequences) - len(set(check.sequences.sequences))
    if twins:
        show.note(f"{twins:,} of them have the same letters as one before.")


def table(given: Given, check: InputCheck) -> None:
    """List every region with both ways of counting beside each other."""
    asked = {one.name: one.interval for one in given.intervals}
    counts = {(one.record, one.kind): one.count for one in check.changes}
    rows = []
    sequences = check.sequences
    for name, text, origin in zip(
        sequences.names, sequences.sequences, sequences.origins, strict=True
    ):
        window = origin.interval or asked[name]
        rows.append(
            {
                "Region": name,
                "Asked for, 1-based": _ends(asked[name]),
                "Read, 1-based": _ends(window),
                "Read, BED": f"{window.start} {window.end}",
                "Strand": window.strand,
                "Length": len(text),
                "Shift": _moved(asked[name], window, counts.get((name, "shifted"), 0)),
                "Soft-masked": counts.get((name, "lower case"), 0),
                "N": text.count("N"),
                "What was done": "; ".join(origin.edits) or "nothing",
            }
        )
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(rows), 400),
        column_order=[name for name in rows[0] if name not in _RARE or any(r[name] for r in rows)],
        column_config={
            "Asked for, 1-based": st.column_config.TextColumn(
                help="As people and genome browsers write it: both ends are included."
            ),
            "Read, BED": st.column_config.TextColumn(
                help="Start and end, 0-based: the start is one less than the 1-based one; the end "
                "is not included, so it is the same number."
            ),
            "Length": st.column_config.NumberColumn(format="%d bp"),
            "Shift": st.column_config.NumberColumn(
                format="%d bp", help="Bases the window was moved right (+) or left (-)."
            ),
            "What was done": st.column_config.TextColumn(width="large"),
        },
    )
    st.caption(
        "1-based positions count from 1 and include both ends; BED counts from 0 and leaves the "
        "end out. Both name the same bases."
    )


def _ends(interval: Interval) -> str:
    return format_region(interval).removesuffix(":-")


def _moved(asked: Interval, window: Interval, count: int) -> int:
    return count if window.start + window.end > asked.start + asked.end else -count


def picture(given: Given, check: InputCheck, genome: Genome) -> None:
    """Draw where the window of one region lies."""
    names = check.sequences.names
    name = names[0]
    if len(names) > 1:
        name = st.selectbox(
            "Show the window of",
            names,
            help="The letters below are those of this region.",
        )
    asked = next(one.interval for one in given.intervals if one.name == name)
    origin = check.sequences.origins[check.sequences.index(name)]
    window = origin.interval or asked
    st.image(window_svg(asked, window, genome.contigs[window.chrom]))
    text = check.sequences[name]
    st.caption("The letters as the model reads them, 5' to 3' along the arrow:")
    shown = text if len(text) <= 400 else f"{text[:190]} ... {text[-190:]}"
    st.code(shown, language=None, wrap_lines=True)
    if origin.edits:
        text = "; ".join(origin.edits)
        show.note(f"{show.capital(text)}.")


def onward(check: InputCheck, genome: Genome, bases: int | None) -> None:
    """Offer the letters as files, and take them to the other pages."""
    from gexp_core.export.regions import region_bed, region_fasta
    from gexp_core.export.tables import input_table

    space = workspace.current()
    if space is not None and space.sequences.digest == check.sequences.digest:
        st.success("These are now the sequences of every page.", icon=":material/check:")
        frame.onward("predict", "Next: predict what they do")
        frame.link("what_if", "Or see at once what every single-base change would do")
    else:
        n = len(check.sequences)
        st.button(
            f"Use these {n:,} sequences" if n > 1 else "Use this sequence",
            key="use_regions",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=_use,
            args=(check.sequences.digest, bases),
            help="Takes them to the pages Predict, Why and What if, in place of the present ones.",
        )
    stem = download.stem("regions", genome.name)
    download.row(
        {
            "FASTA": (f"{stem}.fa", lambda: region_fasta(check.sequences)),
            "BED of what is read": (f"{stem}.bed", lambda: region_bed(check.sequences)),
            "What was done": (f"{stem}.tsv", download.table(lambda: input_table(check))),
        }
    )


def _use(digest: str, bases: int | None) -> None:
    """Make the windows the visitor's sequences, if they are still those with this digest.

    A page's callbacks live as long as its tab, so they hold no sequences.
    """
    with contextlib.suppress(GexpError):  # the page is drawn again and tells what went
        given, chosen = regions.given(), genomes.current()
        if given is None or chosen is None:
            return
        check = extract(chosen.genome, given.intervals, bases)
        if check.sequences.digest == digest:
            workspace.begin(check, f"{given.source}, from the genome {chosen.genome.name}")

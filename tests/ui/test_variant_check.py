"""What is read of variants is shown, and held against the training data, before scoring."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import indices
from gexp_core.explain.variant_windows import allele_windows
from gexp_core.inputs.composition import training_figures
from gexp_core.inputs.genome import open_genome
from gexp_core.inputs.overlap import FILE, sketch, to_bytes
from gexp_core.inputs.variants import Variant
from gexp_core.models.card import read_card
from gexp_core.ui import variant_check, variant_matches
from tests.toy_models import random_sequence
from tests.ui.conftest import go, labels, plain
from tests.ui.test_variants_page import score

#: Usual letters, 200 bases of one dinucleotide, and a homopolymer in which an indel can move.
CONTIG = random_sequence(300, 5) + "CA" * 100 + random_sequence(150, 6) + "GTTTTTG" + "ACGT" * 20
ROWS = [random_sequence(60, seed) for seed in range(300)]


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def snv(pos):
    return f"chr1\t{pos}\t.\t{CONTIG[pos - 1]}\t{other(CONTIG[pos - 1])}"


@pytest.fixture
def at(app, model_folder, tmp_path, monkeypatch):
    """The page Variants of a toy model that knows what it was trained on, and a genome."""
    folder = tmp_path / "models" / "toy-conv"
    shutil.copytree(model_folder / "toy-conv", folder)
    rows = [*ROWS, CONTIG[70:130]]
    figures = training_figures(np.stack([indices(row) for row in rows]))
    card = replace(read_card(folder / "card.json"), composition=figures,
                   training={"data_sha256": "d" * 64})  # fmt: skip
    (folder / "card.json").write_text(card.to_json())
    made = sketch([indices(row) for row in rows], data_sha256="d" * 64)
    (folder / FILE).write_bytes(to_bytes(made))
    genome = tmp_path / "toy.fa"
    genome.write_text(f">chr1\n{CONTIG}\n")
    monkeypatch.setenv("GEXP_GENOMES", f"toy={genome}")
    monkeypatch.setenv("GEXP_MODELS", str(folder.parent))
    made = go(app, "variants")
    made.genome = open_genome(genome)
    return made


def warned(at):
    return [plain(one.value) for one in at.warning]


def test_windows_of_both_alleles_are_written_as_they_are_read(at, monkeypatch):
    drawn, draw = [], variant_check.window_svg
    monkeypatch.setattr(
        variant_check, "window_svg", lambda *a, **k: drawn.append(draw(*a, **k)) or drawn[-1]
    )
    at = score(at, f"{snv(200)}\nchr1-250-{CONTIG[249]}-{CONTIG[249]}GG\n")
    assert not at.exception and not at.warning
    pair = allele_windows(
        Variant("chr1", 200, CONTIG[199], other(CONTIG[199])), at.genome, len(ROWS[0])
    )
    shown = [one.value for one in at.code]
    assert shown[:2] == [pair.ref, pair.alt]
    assert pair.ref == CONTIG[170:230]
    said = [plain(one.value) for one in at.caption]
    assert any(w.startswith("The change is at base 30 of the window (1-based)") for w in said), said
    at = at.selectbox(key="variant_window_of").select_index(1).run()
    assert at.code[1].value.count("GG") > at.code[0].value.count("GG")
    said = [plain(one.value) for one in at.caption]
    assert any(w.startswith("The change is in front of base") for w in said), said
    # the substituted base is drawn as changed; of the insertion, no base is, only a place: the
    # inserted GG go behind the base, or before the run of G that it ends
    assert "the change: 200 (1 bp)" in drawn[0]
    place = 251 - (len(CONTIG[:250]) - len(CONTIG[:250].rstrip("G")))
    assert f"inserted before {place}" in drawn[-1] and "the change" not in drawn[-1]


def test_a_header_is_held_against_the_genome_once(at, monkeypatch):
    asked, compare = [], variant_matches.other_build
    monkeypatch.setattr(
        variant_matches, "other_build", lambda *given: asked.append(given) or compare(*given)
    )
    wrong = f"chr1\t10\t.\t{other(CONTIG[9])}\t{CONTIG[9]}"  # asked of the header once more
    head = "##contig=<ID=chr1,length=5>\n#CHROM\tPOS\tID\tREF\tALT"
    at = score(at, f"{head}\n{snv(200)}\n{wrong}")
    assert any("different builds" in w for w in warned(at))
    at = at.run()
    assert any("different builds" in w for w in warned(at)) and len(asked) == 1
    at = score(at, f"{head}\n{snv(201)}\n{wrong}")  # another file
    assert len(asked) == 2 and not at.exception


def test_windows_outside_the_training_data_are_told_and_left_out_by_a_click(at):
    at = score(at, f"{snv(200)}\n{snv(400)}\nchr1\t10\t.\t{other(CONTIG[9])}\t{CONTIG[9]}")
    assert any("One reference window is unlike every training sequence" in w for w in warned(at))
    title = next(one.label for one in at.expander if "training data of" in one.label)
    assert plain(title).endswith("toy-conv: 1 outside, 1 usual")
    at = at.button(key="leave_outside").click().run()
    assert not at.exception
    # the one that stays in its place between, whose REF does not fit, stays too
    assert (labels(at)["Variants read"], labels(at)["REF fits"]) == ("2", "1")
    said = [plain(one.value) for one in at.caption]
    assert any(
        "1 variant left out: unlike every training sequence of toy-conv" in w for w in said
    ), said


def test_overlap_with_training_sequences_is_told(at):
    at = score(at, f"{snv(100)}\n{snv(200)}")
    (said,) = [w for w in warned(at) if "overlap" in w]
    assert said.startswith("1 of your 2 reference windows overlaps with sequences that toy-conv")
    table = next(d.value for d in at.dataframe if "Longest stretch (1-based)" in d.value)
    alt = other(CONTIG[99])
    assert table["Sequence"].tolist() == [f"chr1:100 {CONTIG[99]}>{alt}"]


def test_the_same_change_written_twice_is_told_and_left_out_by_a_click(at):
    at_t = CONTIG.index("GTTTTTG") + 2  # 1-based, the first T
    lines = f"chr1\t{at_t - 1}\t.\tGT\tG\nchr1\t{at_t + 2}\t.\tTT\tT\n1\t{at_t + 3}\t.\tTT\tT\n"
    at = score(at, lines + snv(200))
    (said,) = [w for w in warned(at) if "same change as one before" in w]
    assert said.startswith("2 variants are the same change") and "Go on if" in said
    at = at.button(key="leave_repeated").click().run()
    assert not at.exception
    assert labels(at)["Variants read"] == "2"
    assert not [w for w in warned(at) if "same change" in w]


def test_what_is_not_looked_at_is_told(at, monkeypatch):
    monkeypatch.setattr(variant_check, "_MOST", 2)
    at = score(at, "\n".join(snv(pos) for pos in (150, 160, 170)))
    said = [plain(one.value) for one in at.caption]
    assert any("the first 2 of 3 variants (up to 2," in w and "All are scored" in w for w in said)
    assert len(at.selectbox(key="variant_window_of").options) == 2


def test_nothing_is_drawn_where_no_reference_fits(at):
    at = score(at, f"chr1\t10\t.\t{other(CONTIG[9])}\t{CONTIG[9]}")
    assert not [one for one in at.expander if "will see" in one.label]

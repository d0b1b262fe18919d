"""A measured element, found by its coordinates in a genome, scored as a VCF.

Its single-base changes must get exactly the numbers that mutagenesis of the same windows gives.
The measurements lie beside the repository, not in it; without them these tests are skipped.
"""

import os
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gexp_core.explain import mutagenesis
from gexp_core.explain.variant_windows import allele_windows
from gexp_core.explain.variants import score_variants
from gexp_core.inputs.genome import open_genome
from gexp_core.inputs.variants import read_variants_path
from gexp_core.models import registry
from gexp_core.types import SequenceSet
from tests.toy_models import conv_model

SHARED = Path(os.environ.get("GEXP_SHARED") or Path(__file__).resolve().parents[2] / "shared")
FOLDER = SHARED / "data" / "satmut_mpra"
ELEMENT = "IRF4"  # the one nearest to its chromosome's first base, so that the padding is small

pytestmark = pytest.mark.skipif(
    not (FOLDER / "reference_grch38_plus.fa").is_file(),
    reason="the satmut_mpra measurements are not here; name their folder in GEXP_SHARED",
)


def element():
    """Contig, 0-based start and letters of the element, from the reference's header."""
    for record in (FOLDER / "reference_grch38_plus.fa").read_text().split(">")[1:]:
        head, letters = record.split("\n", 1)
        name, place, *_ = head.split()
        if name == ELEMENT:
            chrom, start, end = re.fullmatch(r"(\w+):(\d+)-(\d+)", place).groups()
            text = "".join(letters.split())
            assert len(text) == int(end) - int(start) + 1
            return chrom, int(start) - 1, text
    raise LookupError(ELEMENT)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A genome that is N up to the element, and a VCF of every measured SNV in it."""
    folder = tmp_path_factory.mktemp("satmut")
    chrom, start, text = element()
    whole = "N" * start + text
    lines = (whole[i : i + 60] for i in range(0, len(whole), 60))
    (folder / "genome.fa").write_text(f">{chrom}\n" + "\n".join(lines) + "\n")
    rows = pd.read_csv(FOLDER / "effects_grch38.tsv.gz", sep="\t", dtype=str)
    rows = rows[(rows["Element"] == ELEMENT) & rows["Alt"].isin(list("ACGT"))]
    records = [
        f"{row.Chrom}\t{int(float(row.Pos))}\t.\t{row.Ref}\t{row.Alt}\t.\t.\t."
        for row in rows.itertuples()
    ]
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "in.vcf").write_text(head + "\n".join(records) + "\n")
    return folder


def toy():
    return conv_model(164)


def bundled():
    return registry.load("retina-cnn", device="cpu") if "retina-cnn" in registry.names() else toy()


# every variant on a small network; every twelfth, for the time it takes, on the bundled one
@pytest.mark.parametrize(("make", "step"), [(toy, 1), (bundled, 12)], ids=["toy", "bundled"])
def test_snvs_of_an_element_are_the_cells_of_its_mutagenesis_maps(files, make, step):
    model = make()
    genome = open_genome(files / "genome.fa")
    variants = read_variants_path(str(files / "in.vcf")).variants
    assert len(variants) > 1_000
    variants = variants[::step]
    made = score_variants(model, genome, variants)
    assert made.scored.all()
    assert all(match.ok for match in made.matches)

    width = model.card.insert[1] - model.card.insert[0]
    groups = defaultdict(list)  # place of the change in its window -> variants
    for i, variant in enumerate(variants):
        groups[allele_windows(variant, genome, width).at].append(i)
    for at, members in groups.items():
        windows = [allele_windows(variants[i], genome, width).ref for i in members]
        unique = tuple(dict.fromkeys(windows))
        maps = mutagenesis(
            model, SequenceSet(tuple(map(str, range(len(unique)))), unique), window=(at, at + 1)
        )
        for i, window in zip(members, windows, strict=True):
            cell = maps.effect[unique.index(window)]["ACGT".index(variants[i].alt), 0]
            # float32 readings of the same two windows, in batches of another size
            assert made.effect[i, 0] == pytest.approx(cell, abs=1e-5)
            y_ref = maps.y_ref[unique.index(window)]
            assert made.y_ref[i, 0] == pytest.approx(y_ref, abs=1e-5)


def test_a_change_near_the_elements_end_is_the_cell_of_a_whole_map(files):
    """One window in full, so that the place within the map counts too."""
    model = bundled()
    genome = open_genome(files / "genome.fa")
    variants = read_variants_path(str(files / "in.vcf")).variants
    _, start, text = element()
    width = model.card.insert[1] - model.card.insert[0]
    end = start + len(text)
    last = [v for v in variants if v.start >= end - width // 2]
    window = allele_windows(last[0], genome, width)
    assert window.interval.end == end  # the contig ends with the element: moved, not shortened
    assert window.ref == text[-width:]
    whole = mutagenesis(model, SequenceSet((ELEMENT,), (text[-width:],)))
    made = score_variants(model, genome, last)
    wanted = [whole.effect[0]["ACGT".index(v.alt), v.start - (end - width)] for v in last]
    np.testing.assert_allclose(made.effect[:, 0], wanted, atol=1e-5)

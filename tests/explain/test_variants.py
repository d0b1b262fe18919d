"""Scored variants against allele strings written out by hand, and what must not change a score."""

from dataclasses import replace

import numpy as np
import pytest

from gexp_core.encoding import reverse_complement
from gexp_core.errors import CancelledError, InputError
from gexp_core.explain import mutagenesis
from gexp_core.explain.variant_windows import allele_windows
from gexp_core.explain.variants import score_variants
from gexp_core.export.variants import COLUMNS, variant_table
from gexp_core.inputs.genome import memory_genome
from gexp_core.inputs.variants import Variant, core, normalise
from gexp_core.predict import predict
from gexp_core.types import SequenceSet
from tests.toy_models import (
    conv_model,
    linear_model,
    linear_weights,
    profile_model,
    random_sequence,
)

WIDTH = 60
CONTIG = random_sequence(400, 5)
GENOME = memory_genome(SequenceSet(("chr1", "chr2"), (CONTIG, random_sequence(90, 6))), "toy")


def read(model, *texts, **options):
    """Explicit predictions of written-out letters, (n, T)."""
    names = tuple(str(i) for i in range(len(texts)))
    return predict(model, SequenceSet(names, texts), **options).means()


def at(pos, length, alt):
    """A variant of the toy contig: ``length`` letters from 1-based ``pos`` become ``alt``."""
    return Variant("chr1", pos, CONTIG[pos - 1 : pos - 1 + length], alt)


def other(base, n=1):
    return "ACGT"[("ACGT".index(base) + n) % 4]


SNV = at(200, 1, other(CONTIG[199]))
MNV = at(200, 3, "".join(other(b) for b in CONTIG[199:202]))
INSERTION = at(200, 1, CONTIG[199] + other(CONTIG[200]) + "GATTACA")
DELETION = at(200, 8, CONTIG[199])
DELINS = at(200, 4, other(CONTIG[199]) + other(CONTIG[203]))
KINDS = {"SNV": SNV, "MNV": MNV, "insertion": INSERTION, "deletion": DELETION, "delins": DELINS}


def by_hand(variant, shift=0):
    """The two windows, cut from the whole haplotypes: the alternative begins at the same base."""
    start, ref, alt = core(normalise(variant, GENOME))
    first = start - (WIDTH - max(len(ref), len(alt), 1)) // 2 + shift
    haplotype = CONTIG[:start] + alt + CONTIG[start + len(ref) :]
    return CONTIG[first : first + WIDTH], haplotype[first : first + WIDTH]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both_strands", [True, False])
def test_scores_are_explicit_predictions_of_the_written_out_alleles(kind, both_strands):
    model, variant = conv_model(members=2), KINDS[kind]
    assert variant.kind == kind
    made = score_variants(model, GENOME, [variant], both_strands=both_strands)
    ref, alt = by_hand(variant)
    assert ref != alt and len(ref) == len(alt) == WIDTH
    truth = read(model, ref, alt, both_strands=both_strands)
    # the same network in batches of another size: float32 rounding only
    np.testing.assert_allclose(made.y_ref[0], truth[0], atol=1e-6)
    np.testing.assert_allclose(made.y_alt[0], truth[1], atol=1e-6)
    np.testing.assert_allclose(made.effect[0], truth[1] - truth[0], atol=2e-6)
    assert made.scored.all() and made.notes == ("",)


def test_a_sum_over_bases_has_a_closed_form():
    model = linear_model(both_strands=False)
    weights = linear_weights().numpy()
    window = allele_windows(SNV, GENOME, WIDTH)
    wanted = weights["ACGT".index(SNV.alt), window.at] - weights["ACGT".index(SNV.ref), window.at]
    made = score_variants(model, GENOME, [SNV])
    np.testing.assert_allclose(made.effect[0, 0], wanted, atol=1e-5)


def test_an_snv_is_the_cell_of_the_mutagenesis_map():
    model = conv_model()
    window = allele_windows(SNV, GENOME, WIDTH)
    assert window.at == (WIDTH - 1) // 2
    map_ = mutagenesis(model, SequenceSet(("w",), (window.ref,)))
    variants = [replace(SNV, alt=alt) for alt in "ACGT" if alt != SNV.ref]
    made = score_variants(model, GENOME, variants)
    wanted = [map_.effect[0]["ACGT".index(v.alt), window.at] for v in variants]
    np.testing.assert_allclose(made.effect[:, 0], wanted, atol=1e-5)


def test_the_reference_window_of_several_alternatives_is_read_once(monkeypatch):
    seen = []

    def counted(model, sequences, **options):
        seen.extend(sequences.sequences)
        return predict(model, sequences, **options)

    monkeypatch.setattr("gexp_core.explain.variants.predict", counted)
    variants = [replace(SNV, alt=alt) for alt in "ACGT" if alt != SNV.ref]
    monkeypatch.setattr("gexp_core.explain.variants._LETTERS", 2 * WIDTH * 2)  # two at a time
    score_variants(conv_model(), GENOME, [*variants, variants[0]])
    assert len(seen) == len(set(seen)) == 4


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_scores_do_not_depend_on_batches_order_or_company(batch_size, monkeypatch):
    model, variants = conv_model(), list(KINDS.values())
    alone = [score_variants(model, GENOME, [v]).effect[0] for v in variants]
    monkeypatch.setattr("gexp_core.explain.variants._LETTERS", 2 * WIDTH * 3)
    made = score_variants(model, GENOME, variants[::-1], batch_size=batch_size)
    np.testing.assert_allclose(made.effect[::-1], alone, atol=2e-6)


def test_equal_variants_have_equal_scores_however_they_are_written():
    contig = random_sequence(100, 1) + "G" + "CA" * 6 + "T" + random_sequence(100, 2)
    genome = memory_genome(SequenceSet(("c",), (contig,)), "toy")
    ways = [Variant("c", p, contig[p - 1 : p + 2], contig[p - 1]) for p in range(101, 112)] + [
        Variant("c", 99, contig[98:106], contig[98:101] + contig[103:106])
    ]
    made = score_variants(conv_model(), genome, ways)
    assert len(set(map(float, made.y_ref[:, 0]))) == len(set(map(float, made.y_alt[:, 0]))) == 1
    assert made.effect[0, 0] != 0


def test_the_other_strand_of_the_genome_gives_the_same_scores():
    # Orientation does not matter to the mean of both strands, and the window lies the same way
    # round the change wherever its two flanks are equally long: odd width, SNV.
    model = conv_model(61)
    turned = memory_genome(SequenceSet(("chr1",), (reverse_complement(CONTIG),)), "turned")
    back = Variant(
        "chr1", len(CONTIG) - SNV.pos + 1, reverse_complement(SNV.ref), reverse_complement(SNV.alt)
    )
    one = score_variants(model, GENOME, [SNV])
    two = score_variants(model, turned, [back])
    np.testing.assert_allclose(one.effect, two.effect, atol=2e-6)


def test_swapping_the_alleles_turns_the_sign():
    model = conv_model()
    text = CONTIG[:199] + SNV.alt + CONTIG[200:]
    swapped = memory_genome(SequenceSet(("chr1",), (text,)), "swapped")
    one = score_variants(model, GENOME, [SNV]).effect
    two = score_variants(model, swapped, [replace(SNV, ref=SNV.alt, alt=SNV.ref)]).effect
    np.testing.assert_allclose(one, -two, atol=2e-6)


def test_shifts_are_averaged():
    model = conv_model()
    for variant in KINDS.values():
        made = score_variants(model, GENOME, [variant], shifts=(-8, 0, 8))
        truth = [read(model, *by_hand(variant, shift)) for shift in (-8, 0, 8)]
        np.testing.assert_allclose(made.y_ref[0], np.mean(truth, 0)[0], atol=1e-6)
        np.testing.assert_allclose(made.y_alt[0], np.mean(truth, 0)[1], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whose", ["card", "asked"])
def test_the_minus_strand_is_read_as_the_reverse_complement_of_both_windows(kind, whose):
    model = conv_model(members=2, both_strands=whose == "asked")
    asked = {"both_strands": whose == "card"}
    variant, shifts = KINDS[kind], (-8, 0, 8)
    made = score_variants(model, GENOME, [variant], strand="-", shifts=shifts, **asked)
    windows = [[reverse_complement(text) for text in by_hand(variant, s)] for s in shifts]
    truth = np.mean([read(model, *pair, both_strands=False) for pair in windows], 0)
    np.testing.assert_allclose(made.y_ref[0], truth[0], atol=1e-6)
    np.testing.assert_allclose(made.y_alt[0], truth[1], atol=1e-6)
    plus = score_variants(model, GENOME, [variant], strand="+", shifts=shifts, **asked)
    usual = score_variants(model, GENOME, [variant], shifts=shifts, **asked)
    np.testing.assert_array_equal(plus.effect, usual.effect)
    assert not np.allclose(plus.effect, made.effect, atol=1e-4)
    assert (made.strand, plus.strand, usual.strand) == ("-", "+", "+")
    table = variant_table(made)
    assert table["strand_read"].tolist() == ["-"] and variant_table(plus)["strand_read"][0] == "+"
    assert (table["pos"][0], table["ref"][0], table["alt"][0]) == (200, variant.ref, variant.alt)


def test_the_minus_strand_is_turned_between_the_models_own_flanks():
    model = conv_model(WIDTH, insert=(10, 50), both_strands=False)
    made = score_variants(model, GENOME, [SNV], strand="-")
    first = SNV.start - 39 // 2
    ref = CONTIG[first : first + 40]
    alt = ref[: SNV.start - first] + SNV.alt + ref[SNV.start - first + 1 :]
    truth = read(model, reverse_complement(ref), reverse_complement(alt))
    np.testing.assert_allclose(made.effect[0], truth[1] - truth[0], atol=2e-6)


def test_where_both_strands_are_read_there_is_none_to_choose():
    made = score_variants(conv_model(), GENOME, [SNV], strand="+")
    assert made.strand == "both" and variant_table(made)["strand_read"].tolist() == ["both"]
    with pytest.raises(InputError, match="toy-conv reads both strands and averages them; leave"):
        score_variants(conv_model(), GENOME, [SNV], strand="-")
    with pytest.raises(InputError, match="strand 'minus' is not"):
        score_variants(conv_model(both_strands=False), GENOME, [SNV], strand="minus")


def test_profile_tracks_are_means_over_their_bins():
    model = profile_model()
    made = score_variants(model, GENOME, list(KINDS.values()))
    assert made.tracks == ("plus", "minus") and made.effect.shape == (5, 2)
    ref, alt = by_hand(INSERTION)
    np.testing.assert_allclose(made.y_alt[2], read(model, alt)[0], atol=1e-6)
    np.testing.assert_allclose(made.y_ref[2], read(model, ref)[0], atol=1e-6)


def test_a_model_with_flanks_gets_windows_of_what_varied():
    model = conv_model(WIDTH, insert=(10, 50))
    made = score_variants(model, GENOME, [SNV])
    first = SNV.start - 39 // 2
    ref = CONTIG[first : first + 40]
    at_ = SNV.start - first
    truth = read(model, ref, ref[:at_] + SNV.alt + ref[at_ + 1 :])
    np.testing.assert_allclose(made.effect[0], truth[1] - truth[0], atol=2e-6)


# windows ------------------------------------------------------------------------------------------


def haplotype(window):
    """The whole contig with the change made."""
    v = window.variant
    return CONTIG[: v.start] + v.alt + CONTIG[v.end :]


@pytest.mark.parametrize("pos", [1, 2, 15, 29, 30, 31, 200, 369, 371, 372, 385, 393, 399, 400])
@pytest.mark.parametrize("change", ["SNV", "insertion", "deletion"])
def test_windows_are_whole_and_hold_the_change_up_to_both_contig_ends(pos, change):
    base = CONTIG[pos - 1]
    length = min(7, 400 - pos + 1) if change == "deletion" else 1
    alt = {"SNV": other(base), "insertion": base + "TTGTT", "deletion": base}[change]
    if change == "deletion" and length == 1:
        return
    window = allele_windows(at(pos, length, alt), GENOME, WIDTH)
    start, end = window.interval.start, window.interval.end
    assert window.ref == CONTIG[start:end] and len(window.ref) == len(window.alt) == WIDTH
    changed = core(window.variant)
    assert window.ref[window.at : window.at + window.ref_length] == changed.ref
    whole = haplotype(window)
    assert window.alt in whole
    if "left flank" in window.note:
        assert whole.endswith(window.alt) or end < 400
        assert window.alt[-(end - changed.start - len(changed.ref)) or WIDTH :] == (
            CONTIG[changed.start + len(changed.ref) : end] or window.alt[WIDTH:]
        )
    else:
        assert window.alt == whole[start : start + WIDTH]
        assert window.alt[window.at : window.at + window.alt_length] == changed.alt
    middle = (WIDTH - max(*map(len, changed[1:]), 1)) // 2
    assert ("window was moved" in window.note) == (window.at != middle)


def test_the_last_bases_of_a_contig_can_be_deleted_or_follow_an_insertion():
    tail = allele_windows(at(390, 11, CONTIG[389]), GENOME, WIDTH)
    assert tail.alt == CONTIG[330:390] and "left flank" in tail.note
    added = allele_windows(at(400, 1, CONTIG[399] + "GATTACA"), GENOME, WIDTH)
    assert added.alt == (CONTIG + "GATTACA")[-WIDTH:]
    assert added.ref == CONTIG[-WIDTH:]


@pytest.mark.parametrize(
    ("variant", "shift", "said"),
    [
        (at(200, 62, CONTIG[199]), 0, "61 bases change, more than the 60"),
        (at(200, 1, CONTIG[199] + "GT" * 31), 0, "62 bases change"),
        (at(200, 41, CONTIG[199]), 15, "with a shift of 15 bases, the change leaves the window"),
        (at(200, 41, CONTIG[199]), -15, "with a shift of -15 bases, the change leaves"),
        (SNV, 30, "leaves the window"),
        (SNV, -31, "leaves the window"),
        (at(200, 1, CONTIG[199] + "GT" * 20), -15, "leaves the window"),
    ],
)
def test_a_change_that_fits_no_window_is_refused_in_a_sentence(variant, shift, said):
    with pytest.raises(InputError, match=said):
        allele_windows(variant, GENOME, WIDTH, shift=shift)


def test_a_contig_too_short_for_a_window_is_said():
    short = memory_genome(SequenceSet(("c",), (CONTIG[:64],)), "short")
    with pytest.raises(InputError, match="c has 64 bases, fewer than the 65"):
        allele_windows(Variant("c", 30, CONTIG[29], other(CONTIG[29])), short, 65)
    with pytest.raises(InputError, match="without the deleted bases c has fewer"):
        allele_windows(Variant("c", 20, CONTIG[19:30], CONTIG[19]), short, 60)


# what is kept, noted and stopped ------------------------------------------------------------------


def test_a_variant_that_cannot_be_scored_is_kept_and_noted():
    wrong = Variant("chr1", 200, SNV.alt, SNV.ref)
    variants = [SNV, wrong, at(200, 62, CONTIG[199]), Variant("chr9", 5, "A", "C"), MNV]
    made = score_variants(conv_model(), GENOME, variants)
    assert made.scored.tolist() == [True, False, False, False, True]
    assert "swap REF and ALT" in made.notes[1] and "61 bases" in made.notes[2]
    assert "no contig 'chr9'" in made.notes[3]
    np.testing.assert_array_equal(
        made.effect[[0, 4]], score_variants(conv_model(), GENOME, [SNV, MNV]).effect
    )
    table = variant_table(made)
    assert tuple(table.columns) == COLUMNS
    assert table["ref_match"].tolist() == ["yes", "no", "yes", "absent", "yes"]
    assert table["effect"].isna().tolist() == [False, True, True, True, False]


def test_unknown_letters_of_a_window_are_noted():
    gaps = CONTIG[:150] + "N" * 45 + CONTIG[195:]
    genome = memory_genome(SequenceSet(("chr1",), (gaps,)), "gaps")
    made = score_variants(conv_model(), genome, [SNV, at(300, 1, other(CONTIG[299]))])
    said = "25 of 60 bases of the window are N; "  # 170 to 230 is read, 195 is known again
    assert made.scored.all() and made.notes[1] == ""
    assert made.notes[0].startswith(said) and made.notes[0].endswith("sees no base there")
    assert variant_table(made)["note"].tolist() == list(made.notes)
    # drawn in by a deletion alone; and beside what else is noted
    end = memory_genome(SequenceSet(("chr1",), (CONTIG[:225] + "NNNN" + CONTIG[229:],)), "end")
    assert "4 of 60 bases" in allele_windows(DELETION, end, WIDTH, shift=-8).remarks
    start = memory_genome(SequenceSet(("chr1",), ("N" + CONTIG[1:],)), "start")
    pair = allele_windows(at(10, 1, other(CONTIG[9])), start, WIDTH)
    assert "chr1 begins there; 1 of 60 bases" in pair.remarks and "N" not in pair.note


def test_of_several_windows_the_n_told_are_those_of_the_one_that_is_not_moved():
    gaps = CONTIG[:150] + "N" * 45 + CONTIG[195:]
    genome = memory_genome(SequenceSet(("chr1",), (gaps,)), "gaps")

    def note(variant, shifts):
        return score_variants(conv_model(), genome, [variant], shifts=shifts).notes[0]

    assert note(SNV, (-8, 0, 8)).startswith("25 of 60 bases of the window are N; ")
    assert note(SNV, (8, -8)).startswith("17 of 60 bases")
    # only the window moved to the left holds N: nothing is said of it
    assert note(at(229, 1, other(CONTIG[228])), (-8, 0, 8)) == ""
    # the first window has N, the last one meets the end of the contig: that is not hidden
    genome = memory_genome(SequenceSet(("chr1",), (CONTIG[:340] + "N" * 5 + CONTIG[345:],)), "end")
    late = note(at(370, 1, other(CONTIG[369])), (-8, 0, 8))
    assert "chr1 ends there; 5 of 60 bases" in late


def test_the_table_has_one_row_per_variant_and_track():
    made = score_variants(profile_model(), GENOME, [replace(SNV, id="rs1"), MNV])
    table = variant_table(made)
    assert table["track"].tolist() == ["plus", "minus"] * 2
    assert table["id"].tolist() == ["rs1", "rs1", ".", "."]
    assert table["pos"].tolist() == [200] * 4
    np.testing.assert_array_equal(table["effect"], made.effect.ravel())
    np.testing.assert_array_equal(table["effect"], table["y_alt"] - table["y_ref"])


def test_percentiles_are_among_the_background_and_nan_without_one():
    model, variants = conv_model(), [*KINDS.values(), Variant("chr9", 1, "A", "C")]
    assert np.isnan(score_variants(model, GENOME, variants).percentile).all()
    plain = score_variants(model, GENOME, variants).effect[:, 0]
    known = np.concatenate([plain[:5], [np.nan, 1e6, 1e6]])
    made = score_variants(model, GENOME, variants, background={"activity": known})
    # brute force: lower ones in full, equal ones half
    wanted = [
        100
        * np.mean([1.0 if k < e else 0.5 if k == e else 0.0 for k in known[[0, 1, 2, 3, 4, 6, 7]]])
        for e in plain[:5]
    ]
    np.testing.assert_allclose(made.percentile[:5, 0], wanted, rtol=1e-6)
    assert np.isnan(made.percentile[5, 0])


def test_progress_counts_variants_and_can_stop():
    seen = []
    score_variants(
        conv_model(), GENOME, list(KINDS.values()), batch_size=2,
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen[-1] == (5, 5) and seen == sorted(seen)

    def stop(done, total):
        raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        score_variants(conv_model(), GENOME, [SNV], progress=stop)
    with pytest.raises(InputError, match="at least one"):
        score_variants(conv_model(), GENOME, [])

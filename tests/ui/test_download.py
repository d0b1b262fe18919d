"""Names of downloads: safe on every system, and of either strand its own."""

from gexp_core.ui.download import stem


def test_the_sign_of_a_strand_is_a_word():
    assert stem("attribution", "chr1:5-9:-") == "attribution_chr1-5-9-minus"
    assert stem("attribution", "chr1:5-9(+)") == "attribution_chr1-5-9-plus"
    assert stem("a", f"{'b' * 60}:-") == f"a_{'b' * 34}-minus"  # 40 letters at most
    assert stem("a", "not-a-strand-") == "a_not-a-strand"
    assert stem("", "../..") == "_"

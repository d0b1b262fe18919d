"""Letters of a genome, read back through pysam; names, builds, and files that do not fit."""

import gzip
import os
import pickle
import re
import threading
from pathlib import Path

import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gexp_core.errors import GexpError, InputError, LimitError
from gexp_core.inputs import Limits, builds, memory_genome, nearest, open_genome, server_genomes
from gexp_core.inputs.genes import server_genes
from gexp_core.inputs.genome import Genome, MemoryGenome
from gexp_core.inputs.genome_upload import GENOME_LIMITS, read_genome
from gexp_core.types import SequenceSet

QUICK = settings(deadline=None, database=None, derandomize=True, max_examples=60)

COMPLEMENT = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
LETTERS = "ACGTacgtNn"
DEPLOY = Path(__file__).parents[2] / "docs" / "deploy.md"


def write(path, contigs, width=7, end="\n", last_end=True):
    """Write FASTA as a file of bytes; the line ends are those asked for."""
    lines = []
    for name, text in contigs.items():
        lines.append(f">{name} about it")
        lines += [text[at : at + width] for at in range(0, len(text), width)]
    path.write_bytes((end.join(lines) + (end if last_end else "")).encode())
    return path


def bgzip(path):
    packed = path.with_name(path.name + ".gz")
    pysam.tabix_compress(str(path), str(packed), force=True)
    return packed


def minus(text):
    return "".join(COMPLEMENT[letter] for letter in reversed(text))


class Folder:
    """A new folder for every example that hypothesis makes."""

    def __init__(self, top):
        self.top, self.made = top, 0

    def new(self):
        self.made += 1
        folder = self.top / str(self.made)
        folder.mkdir()
        return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("genomes"))


CONTIGS = st.lists(st.text(LETTERS, min_size=1, max_size=60), min_size=1, max_size=3)


@QUICK
@given(
    texts=CONTIGS,
    width=st.integers(1, 70),
    end=st.sampled_from(["\n", "\r\n"]),
    last_end=st.booleans(),
    packed=st.booleans(),
    data=st.data(),
)
def test_every_interval_reads_as_pysam_reads_it(folders, texts, width, end, last_end, packed, data):
    contigs = {f"chr{i + 1}": text for i, text in enumerate(texts)}
    path = write(folders.new() / "g.fa", contigs, width, end, last_end)
    path = bgzip(path) if packed else path
    mine = open_genome(path)
    assert dict(mine.contigs) == {name: len(text) for name, text in contigs.items()}
    with pysam.FastaFile(str(path)) as theirs:
        for _ in range(4):
            name = data.draw(st.sampled_from(list(contigs)))
            start = data.draw(st.integers(0, len(contigs[name]) - 1))
            stop = data.draw(st.integers(start + 1, len(contigs[name])))
            want = theirs.fetch(name, start, stop)
            assert mine.fetch(name, start, stop) == want.upper()
            assert mine.fetch(name, start, stop, "-") == minus(want.upper())
            assert mine.read(name, start, stop).soft_masked == sum(map(str.islower, want))
        for name, text in contigs.items():  # both ends of every contig, and all of it
            assert mine.fetch(name, 0, 1) == text[0].upper()
            assert mine.fetch(name, len(text) - 1, len(text)) == text[-1].upper()
            assert mine.fetch(name, 0, len(text)) == theirs.fetch(name).upper()
            with pytest.raises(InputError, match="beyond the end"):
                mine.fetch(name, 0, len(text) + 1)
    mine.close()


def test_a_memory_genome_an_upload_and_a_file_agree(tmp_path):
    contigs = {"one": "ACGTacgtNNRyACGT", "two": "ttga"}
    path = write(tmp_path / "g.fa", contigs, 5)
    file = open_genome(path)
    upload = read_genome(path.read_bytes(), filename="g.fa").genome
    packed = read_genome(gzip.compress(path.read_bytes()), filename="g.fa.gz").genome
    plain = memory_genome(SequenceSet(("one", "two"), ("ACGTACGTNNNNACGT", "TTGA")), "g")
    assert file.name == upload.name == plain.name == "g"
    for name, text in contigs.items():
        for start in range(len(text)):
            for end in range(start + 1, len(text) + 1):
                pieces = {genome.read(name, start, end, "-") for genome in (file, upload, packed)}
                assert len(pieces) == 1
                assert plain.fetch(name, start, end, "-") == pieces.pop().sequence
    piece = file.read("one", 0, 16)
    assert (piece.soft_masked, piece.ambiguous) == (5, 2)


def test_every_thread_reads_right(tmp_path):
    text = "".join("ACGT"[i * i % 7 % 4] for i in range(5_000))
    genome = open_genome(bgzip(write(tmp_path / "g.fa", {"c": text}, 50)))
    wrong = []

    def look(seed):
        for i in range(200):
            start = (seed * 7_919 + i * 104_729) % 4_900
            if genome.fetch("c", start, start + 100) != text[start : start + 100]:
                wrong.append(start)

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_genome_is_opened_anew_in_another_process(tmp_path):
    genome = open_genome(write(tmp_path / "g.fa", {"c": "ACGTTT"}), "mine")
    again = pickle.loads(pickle.dumps(genome))
    assert (again.name, again.fetch("c", 1, 4)) == ("mine", "CGT")


# --- names


@pytest.mark.parametrize(
    ("contigs", "asked", "got"),
    [
        (["chr1", "chrM"], "1", "chr1"),
        (["1", "MT"], "chr1", "1"),
        (["1", "MT"], "chrM", "MT"),
        (["chr1", "chrM"], "MT", "chrM"),
        (["chr1", "chrX"], "CHRX", "chrX"),
        (["chr1"], "NC_000001.11", "chr1"),
        (["NC_000001.11", "NC_000023.11"], "chrX", "NC_000023.11"),
        (["CM000663.2"], "1", "CM000663.2"),
        (["chr19"], "NC_000085", "chr19"),
        (["chrIV"], "NC_001136.10", "chrIV"),
        (["chr1", "chr10"], "chr1", "chr1"),
        (["chr1_KI270706v1_random"], "chr1_ki270706v1_random", "chr1_KI270706v1_random"),
    ],
)
def test_the_same_contig_is_found_under_each_of_its_names(contigs, asked, got):
    genome = MemoryGenome("g", dict.fromkeys(contigs, "ACGT"))
    assert genome.resolve(asked) == got
    assert genome.fetch(asked, 0, 2) == "AC"


def test_unknown_contigs_get_the_nearest_names():
    genome = MemoryGenome("mine", {"chr1": "A", "chr12": "A", "scaffold_17": "A", "chrM": "A"})
    with pytest.raises(InputError, match=r"no contig 'scafold_17'; the nearest.*'scaffold_17'"):
        genome.resolve("scafold_17")
    with pytest.raises(InputError, match=r"it has 'chr1', 'chr12', 'scaffold_17', 'chrM'$"):
        genome.resolve("Q")
    with pytest.raises(InputError, match="'chr1' or '1'"):
        MemoryGenome("twice", {"chr1": "A", "1": "C"}).resolve("Chr1")
    assert MemoryGenome("twice", {"chr1": "A", "1": "C"}).fetch("1", 0, 1) == "C"


def test_an_unknown_contig_is_compared_with_few_short_names(monkeypatch):
    contigs = {f"scaffold_{i}": "A" for i in range(5_000)} | {"x" * 50: "A", "hr1": "A"}
    genome = MemoryGenome("big", contigs)
    compared = []
    real = nearest.close_matches

    def close(word, many, *rest):
        compared.append((len(word), len(many), max(map(len, many))))
        return real(word, many, *rest)

    monkeypatch.setattr(nearest, "close_matches", close)
    for asked, near in (("scaffold_4321x", "'scaffold_4321'"), ("hr2", "'hr1'")):
        with pytest.raises(InputError, match=f"the nearest names are.*{near}"):
            genome.resolve(asked)
    with pytest.raises(InputError, match=f"no contig '{'y' * 100}'; it has"):
        genome.resolve("y" * 10_000_000)
    assert compared and all(
        n <= 40 and many <= 100 and longest <= 40 for n, many, longest in compared
    )


def test_find_is_resolve_without_a_sentence(monkeypatch):
    genome = MemoryGenome("toy", {"chr1": "A", "2": "C", "chrX": "G", "X": "T", "MT": "A"})
    for name in ("chr1", "1", "CHR2", "NC_000001.11", "chrM", "X", "x", "Chr7", "chr", ""):
        try:
            wanted = genome.resolve(name)
        except InputError:
            wanted = None
        assert genome.find(name) == wanted, name
    assert genome.find("chrM") == "MT" and genome.find("x") is None
    # and of an unknown name the nearest are looked for once
    asked = []
    monkeypatch.setattr(MemoryGenome, "_nearest", lambda _, name: asked.append(name) or "so")
    for name in ("chr9", "chr9", *(f"c{i}" for i in range(5_000)), "chr9"):
        with pytest.raises(InputError, match=r"; so$"):
            genome.resolve(name)
    assert asked.count("chr9") == 2 and len(genome._near) <= 4_096


# --- builds


class Sized(MemoryGenome):
    """A genome with lengths only."""

    def __init__(self, contigs):
        super().__init__("sized", dict.fromkeys(contigs, ""))
        self.contigs = dict(contigs)


@pytest.mark.parametrize("build", builds.LENGTHS)
@pytest.mark.parametrize("style", ["chr{}", "{}"])
def test_the_build_is_told_from_lengths(build, style):
    contigs = {style.format(name): length for name, length in builds.LENGTHS[build].items()}
    made = builds.which(contigs | {"decoy": 12_345})
    assert made.name == build
    assert builds.UCSC[build] in made.label
    first = next(iter(contigs))
    assert f"{first} has the {contigs[first]:,} bases" in made.evidence


def test_no_build_is_guessed():
    human = dict(builds.LENGTHS["GRCh38"])
    assert builds.which({"chr1": 20_000}).name is None
    mixed = builds.which({"1": human["1"], "2": human["2"], "3": human["3"] - 1})
    assert mixed.name is None
    assert "3 has 198,295,558 bases instead of 198,295,559" in mixed.evidence
    assert builds.which({"1": human["1"]}).name == "GRCh38"
    assert builds.which({}).name is None
    # No length stands for two chromosomes or builds, so one is proof enough.
    lengths = [n for table in builds.LENGTHS.values() for n in table.values()]
    assert len(set(lengths)) == len(lengths)


@pytest.mark.parametrize(
    ("name", "chrom", "within"),
    [
        ("NC_000001.11", "1", ("GRCh38",)),
        ("NC_000001.10", "1", ("GRCh37",)),
        ("NC_000008.11", "8", ("GRCh38",)),
        ("NC_000021.9", "21", ("GRCh38",)),
        ("NC_000024.9", "Y", ("GRCh37",)),
        ("NC_000068.8", "2", ("GRCm39",)),
        ("NC_000068.7", "2", ("GRCm38",)),
        ("NC_000067.6", "1", ("GRCm38",)),
        ("NC_000086.8", "X", ("GRCm39",)),
        ("NC_000001.9", "1", ()),
        ("nc_000023", "X", ("GRCh38", "GRCh37")),
        ("CM000994.3", "1", ("GRCm39",)),
        ("NC_012920.1", "M", ("GRCh38", "GRCh37")),
        ("NC_001148.4", "XVI", ("sacCer3",)),
    ],
)
def test_accessions(name, chrom, within):
    assert builds.accession(name) == (chrom, within)


@pytest.mark.parametrize(
    "name",
    [
        "chr1",
        "NC_0000011",
        "NC_045512.2",
        "NT_000001",
        "NC_000025.1",
        f"NC_000001.{'1' * 5_000}",
        f"CM000663.{'1' * 5_000}",
    ],
)
def test_other_accessions_are_names_like_any(name):
    assert builds.accession(name) is None


def test_coordinates_of_another_build_are_recognised():
    human = Sized({f"chr{name}": n for name, n in builds.LENGTHS["GRCh38"].items()})
    # chr1 is longer in GRCh37 than in GRCh38
    with pytest.raises(InputError, match=r"chr1:249,000,001-249,000,100 .*exists in GRCh37 .hg19"):
        human.fetch("chr1", 249_000_000, 249_000_100)
    with pytest.raises(InputError, match="give positions from 1 to 248,956,422"):
        human.fetch("chr1", 249_999_999, 250_000_000)
    with pytest.raises(InputError, match=r"chromosome 1 of GRCh37 \(hg19\).*is GRCh38"):
        human.fetch("NC_000001.10", 5, 9)
    with pytest.raises(InputError, match=r"chromosome 1 of GRCm38 \(mm10\)"):
        human.resolve("NC_000067.6")
    assert human.resolve("NC_000001.11") == "chr1"


# --- intervals


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 2), (-1, 2)])
def test_empty_and_negative_intervals_are_refused(start, end):
    with pytest.raises(InputError, match="empty or negative"):
        MemoryGenome("g", {"c": "ACGTACGT"}).fetch("c", start, end)


def test_what_is_no_nucleotide_is_refused_where_it_is(tmp_path):
    genome = open_genome(write(tmp_path / "g.fa", {"p": "ACGTMEEPLKR"}))
    assert genome.fetch("p", 0, 5) == "ACGTN"
    with pytest.raises(InputError, match="'E' at p:6"):
        genome.fetch("p", 2, 11)
    with pytest.raises(InputError, match="strand '\\*'"):
        genome.fetch("p", 0, 2, "*")


# --- files


def test_an_index_older_than_its_genome_is_refused_with_the_remedy(tmp_path):
    path = write(tmp_path / "g.fa", {"c": "ACGT" * 9})
    open_genome(path).close()
    index = tmp_path / "g.fa.fai"
    long_ago = path.stat().st_mtime - 100
    os.utime(index, (long_ago, long_ago))
    with pytest.raises(InputError, match=r"'g.fa.fai' is older.*samtools faidx g.fa.*delete it"):
        open_genome(path)
    index.unlink()
    assert open_genome(path).fetch("c", 0, 4) == "ACGT"
    packed = bgzip(path)
    open_genome(packed).close()
    os.utime(tmp_path / "g.fa.gz.gzi", (long_ago, long_ago))
    with pytest.raises(InputError, match=r"'g.fa.gz.gzi' is older"):
        open_genome(packed)


def test_an_index_of_another_file_is_refused(tmp_path):
    path = write(tmp_path / "g.fa", {"c": "ACGT" * 9, "d": "TTTT"})
    other = write(tmp_path / "h.fa", {"cc": "ACGT" * 9, "d": "TTTT"}, 11)
    open_genome(other).close()
    (tmp_path / "g.fa.fai").write_bytes((tmp_path / "h.fa.fai").read_bytes())
    with pytest.raises(InputError, match="belongs to another file"):
        open_genome(path)
    (tmp_path / "g.fa.fai").write_text("c\tx\t1\n")
    with pytest.raises(InputError, match=r"index of 'g.fa' is damaged"):
        open_genome(path)


def test_an_index_of_samtools_is_used_as_it_is(tmp_path):
    path = bgzip(write(tmp_path / "g.fa", {"c": "ACGT" * 9}, 9, "\r\n"))
    pysam.faidx(str(path))
    before = (tmp_path / "g.fa.gz.fai").read_bytes()
    assert open_genome(path).fetch("c", 30, 36) == "GTACGT"
    assert (tmp_path / "g.fa.gz.fai").read_bytes() == before


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_that_cannot_be_written_still_serves(tmp_path, monkeypatch, packed):
    path = write(tmp_path / "g.fa", {"c": "ACGT" * 9})
    path = bgzip(path) if packed else path
    monkeypatch.setattr("gexp_core.inputs.genome_files._writable", lambda folder: False)
    before = sorted(os.listdir(tmp_path))
    assert open_genome(path).fetch("c", 30, 36) == "GTACGT"
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("g.fa.gz", gzip.compress(b">c\nACGT\n"), "is gzip, in which.*bgzip"),
        ("g.fa.gz", b">c\nACGT\n", "is plain text although"),
        ("g.2bit", b"\x43\x27\x41\x1a" + bytes(30), "does not begin with '>'"),
        ("g.fa", b"", "does not begin with '>'"),
        ("g.fa", b">c\nACGT\nAC\nACGT\nACGT\n", "differ in length.*line 3|differ in length"),
        ("g.fa", b">c\nACGT\n>c\nAC\n", "two contigs named 'c'"),
        ("g.fa", b">\nACGT\n", "cannot be indexed"),
    ],
)
def test_files_that_are_no_genome_get_a_sentence(tmp_path, name, data, says):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        open_genome(path)
    assert str(tmp_path) not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == [name]  # no half an index is left behind


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"'no.fa' cannot be read: No such file"):
        open_genome(tmp_path / "no.fa")


def test_bgzip_under_a_plain_name_is_said(tmp_path):
    packed = bgzip(write(tmp_path / "g.fa", {"c": "ACGT"}))
    packed.rename(tmp_path / "h.fa")
    with pytest.raises(InputError, match="is bgzip although"):
        open_genome(tmp_path / "h.fa")


# --- the server's genomes


def test_the_server_names_its_genomes(monkeypatch, tmp_path):
    monkeypatch.delenv("GEXP_GENOMES", raising=False)
    assert dict(server_genomes()) == {}
    path = write(tmp_path / "g.fa", {"c": "ACGT"})
    monkeypatch.setenv("GEXP_GENOMES", f"hg38={path}:mm10=/data/mm10.fa:")
    assert list(server_genomes()) == ["hg38", "mm10"]
    assert open_genome(server_genomes()["hg38"], "hg38").name == "hg38"
    monkeypatch.setenv("GEXP_GENOMES", f"hg38={path}:/secret/mm10.fa")
    with pytest.raises(GexpError, match="entry 2 of GEXP_GENOMES") as caught:
        server_genomes()
    assert "secret" not in str(caught.value)


def test_the_documented_form_names_genomes_and_annotations(monkeypatch):
    (row,) = re.findall(r"^\| `GEXP_GENOMES`, `GEXP_GENES` \|.*", DEPLOY.read_text(), re.M)
    form = re.findall(r"`(name=[^`]+)`", row)[0].replace("name", "hg38", 1).replace("name", "mm10")
    for variable, read in (("GEXP_GENOMES", server_genomes), ("GEXP_GENES", server_genes)):
        monkeypatch.setenv(variable, form)
        found = {name: str(path) for name, path in read().items()}
        assert found == {"hg38": "path", "mm10": "path"}


# --- uploads


def test_an_upload_says_what_was_folded():
    made = read_genome(b">c x\r\nacgtRN\r\n>d\r\nACGU\r\n", filename="g.fa")
    kinds = {change.kind for change in made.changes}
    assert kinds == {"soft mask", "IUPAC to N", "N", "U to T"}
    assert made.genome.fetch("c", 0, 6) == "ACGTNN"
    assert made.genome.read("c", 0, 6).soft_masked == 4
    assert made.genome.fetch("d", 0, 4) == "ACGT"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b">c\nACGT\n>c\nA\n", "two contigs"),
        (b">c\nAC-GT\n", "gap characters"),
        (b">c\nACZGT\n", "'Z' at position 3"),
        (b"ACGT\n", "no header"),
        (b"##gff-version 3\n", "looks like a GFF"),
        (b"", "no sequence was given"),
    ],
)
def test_uploads_that_are_no_genome(data, says):
    with pytest.raises(InputError, match=says):
        read_genome(data, filename="g.fa")


def test_an_uploaded_contig_has_a_name_of_bounded_length():
    long = b">" + b"c" * 101 + b"\nACGT\n"
    made = read_genome(b">" + b"c" * 100 + b"\nACGT\n" + long)
    assert [len(name) for name in made.genome.contigs] == [100]
    assert "has 101 characters, at most 100 are read" in made.rejected[0].text
    with pytest.raises(InputError, match="has 101 characters"):
        read_genome(long)


def test_uploads_are_bounded():
    tiny = Limits(1_000, 2_000, 2, 100, 150)
    for data in (b">c\n" + b"A" * 2_000, gzip.compress(b">c\n" + b"A" * 9_000)):
        with pytest.raises(LimitError):
            read_genome(data, limits=tiny)
    with pytest.raises(LimitError, match="150 bases"):
        read_genome(b">c\n" + b"A" * 90 + b"\n>d\n" + b"A" * 90, limits=tiny)
    # A bacterial chromosome is one record, so one contig may have all the bases.
    assert GENOME_LIMITS.max_bases_record == GENOME_LIMITS.max_bases_total


class Bare(Genome):
    """Contigs of true lengths without letters."""

    def _letters(self, contig, start, end):
        return "N" * (end - start)


@pytest.mark.parametrize(
    ("length", "asked", "wanted"),
    [
        (16_569, "NC_012920.1", "chrM"),
        (16_569, "MT", "chrM"),
        (16_571, "chrM", "chrM"),
        (16_571, "M", "chrM"),
        (16_571, "NC_012920.1", None),
        (16_571, "nc_012920", None),
        (16_571, "MT", None),
        (16_299, "NC_005089.1", "chrM"),
        (16_300, "NC_005089.1", None),
        (500, "MT", "chrM"),
    ],
)
def test_a_mitochondrion_of_another_length_is_another_sequence(length, asked, wanted):
    genome = Bare("mine", {"chrM": length})
    assert genome.find(asked) == wanted
    if wanted is None:
        bases = 16_299 if "5089" in asked else 16_569
        said = f"{bases:,} bases, but 'chrM' of this genome has {length:,}, so positions differ; ch"
        with pytest.raises(InputError, match=said):
            genome.resolve(asked)
    else:
        assert genome.resolve(asked) == wanted
    hg19 = Bare("hg19", {"chr1": 249_250_621, "chrM": 16_571})
    assert hg19.build().name == "GRCh37" and hg19.find("NC_012920.1") is None

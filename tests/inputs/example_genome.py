"""The letters of the example genome, made anew: ``python -m tests.inputs.example_genome``.

Nothing in it is measured or of an organism: random letters with a seed, a few textbook sites
written in, some of it lower case as repeats are, some N.
"""

import random
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples" / "genome"
SITE = "CTAATCCC"  # CRX
COMPLEMENT = str.maketrans("ACGTacgtN", "TGCAtgcaN")

#: gene, transcript, contig, first and last base (1-based), strand
TRANSCRIPTS = (
    ("DAISY", "DAISY-1", "chr1", 3_001, 5_200, "+"),
    ("DAISY", "DAISY-2", "chr1", 3_001, 4_100, "+"),
    ("DAISY", "DAISY-3", "chr1", 3_601, 5_200, "+"),
    ("THISTLE", "THISTLE-1", "chr1", 7_801, 9_900, "-"),
    ("CLOVER", "CLOVER-1", "chr2", 61, 1_500, "+"),
    ("SORREL", "SORREL-1", "chr2", 4_201, 5_980, "-"),
)
#: contig, start, end (0-based), name, strand
REGIONS = (
    ("chr1", 2_900, 3_020, "daisy_start", "+"),
    ("chr1", 9_880, 10_000, "thistle_start", "-"),
    ("chr1", 6_000, 6_001, "one_base", "."),
    ("chr2", 5_970, 6_000, "contig_end", "-"),
    ("chr1", 4_400, 5_000, "longer_than_a_window", "+"),
)


def contigs() -> dict[str, str]:
    """Return the letters."""
    chance = random.Random(7)
    made = {}
    for name, size in (("chr1", 14_000), ("chr2", 6_000)):
        letters = chance.choices("ACGT", (29, 21, 21, 29), k=size)
        for _, _, contig, first, last, strand in TRANSCRIPTS:
            tss = first - 1 if strand == "+" else last - 1
            for before in (40, 75, 110):  # bases upstream at which a site begins
                if contig == name and 60 <= tss < size - 130:
                    at = tss - before if strand == "+" else tss + before - len(SITE)
                    site = SITE if strand == "+" else SITE.translate(COMPLEMENT)[::-1]
                    letters[at : at + len(SITE)] = site
        for start in range(500, size, 2_600):  # soft-masked, as repeats are
            end = start + chance.randrange(80, 700)
            letters[start:end] = [letter.lower() for letter in letters[start:end]]
        made[name] = "".join(letters)
    gap = "N" * 200
    made["chr1"] = made["chr1"][:12_000] + gap + made["chr1"][12_200:]
    return made


def files() -> dict[str, bytes]:
    """Return the three files by name."""
    fasta = []
    for name, letters in contigs().items():
        fasta.append(f">{name} made-up letters, of no organism")
        fasta += [letters[at : at + 60] for at in range(0, len(letters), 60)]
    gtf = ["#!made-up genes, of no organism"]
    for gene, transcript, contig, first, last, strand in TRANSCRIPTS:
        about = f'gene_id "{gene}"; transcript_id "{transcript}"; gene_name "{gene}";'
        place = f"{first}\t{last}\t.\t{strand}\t.\t{about}"
        gtf += [f"{contig}\texample\t{kind}\t{place}" for kind in ("transcript", "exon")]
    bed = ['track name="example regions"']
    bed += [f"{c}\t{start}\t{end}\t{name}\t0\t{strand}" for c, start, end, name, strand in REGIONS]
    made = {"meadow.fa": fasta, "meadow.gtf": gtf, "meadow.bed": bed}
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in made.items()}


if __name__ == "__main__":
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)

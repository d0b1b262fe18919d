"""Score thousands of variants beside a plain loop: ``python -m benchmarks.variants``."""

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when torch is first imported

import numpy as np
import torch

from benchmarks.core import most_memory
from benchmarks.timing import compare, table
from gexp_core.encoding import one_hot
from gexp_core.explain.variants import score_variants
from gexp_core.inputs.genome import open_genome
from gexp_core.inputs.variants import Variant, check, normalise
from gexp_core.models.base import Model, Scalar
from gexp_core.models.registry import load
from gexp_core.types import Target

_CONTIG = 1_000_000


def make_genome(folder: Path, seed: int = 0) -> tuple[Path, str]:
    letters = "".join(np.random.default_rng(seed).choice(list("ACGT"), _CONTIG))
    path = folder / "genome.fa"
    lines = (letters[i : i + 60] for i in range(0, _CONTIG, 60))
    path.write_text(">chr1\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path, letters


def make_variants(letters: str, n: int, *, indels: bool, seed: int = 1) -> list[Variant]:
    """Return SNVs, or with ``indels`` as many of each kind, in the order of a sorted VCF."""
    rng = np.random.default_rng(seed)
    made = []
    for i, at in enumerate(np.sort(rng.choice(_CONTIG - 400, n, replace=False) + 200)):
        ref = letters[at]
        kind = i % 3 if indels else 0
        if kind == 0:
            alt = "ACGT"[("ACGT".index(ref) + 1 + i % 3) % 4]
        elif kind == 1:
            alt = ref + "".join(rng.choice(list("ACGT"), 4))
        else:
            ref, alt = letters[at : at + 5], ref
        made.append(Variant("chr1", int(at) + 1, ref, alt))
    return made


def bench(model: Model, n: int, rounds: int, folder: Path, batch_size: int) -> str:
    import pyfaidx
    from tangermeme.variant_effect import substitution_effect

    path, letters = make_genome(folder)
    genome = open_genome(path)
    variants = make_variants(letters, n, indels=False)
    scalar = Scalar(model, Target()).eval()
    width = model.card.input_length
    made: dict[str, np.ndarray] = {}
    fasta = pyfaidx.Fasta(str(path), as_raw=True, sequence_always_upper=True)

    def ours() -> None:
        made["score_variants"] = score_variants(
            model, genome, variants, batch_size=batch_size
        ).effect[:, 0]

    def loop() -> None:
        out = []
        with torch.inference_mode():
            for one in variants:
                first = one.start - (width - 1) // 2
                ref = fasta["chr1"][first : first + width]
                at = one.start - first
                alt = ref[:at] + one.alt + ref[at + 1 :]
                y = scalar(torch.from_numpy(np.stack([one_hot(ref), one_hot(alt)])))
                out.append(float(y[1] - y[0]))
        made["pyfaidx, one variant at a time"] = np.array(out, np.float32)

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scalar = scalar

        def forward(self, X: torch.Tensor) -> torch.Tensor:
            return self.scalar(X)[:, None]

    flat = Flat().eval()

    def theirs() -> None:
        middle = (width - 1) // 2
        X = torch.from_numpy(
            np.stack(
                [
                    one_hot(fasta["chr1"][v.start - middle : v.start - middle + width])
                    for v in variants
                ]
            )
        )
        rows = torch.tensor([[i, middle, "ACGT".index(v.alt)] for i, v in enumerate(variants)])
        y, y_alt = substitution_effect(
            flat, X, rows, batch_size=batch_size, device="cpu", dtype=torch.float32
        )
        made["tangermeme substitution_effect"] = (y_alt - y)[:, 0].numpy()

    ways = compare(
        {
            "score_variants": (ours, n),
            "pyfaidx, one variant at a time": (loop, n),
            "tangermeme substitution_effect": (theirs, n),
        },
        rounds=rounds,
    )
    notes = {
        name: f"largest difference from ours {np.abs(y - made['score_variants']).max():.1e}"
        for name, y in made.items()
        if name != "score_variants"
    }
    text = table(
        f"Variants, {n} SNVs, both strands, checked and normalised", "variant", ways, notes
    )
    mixed = make_variants(letters, n, indels=True)

    def prepare() -> None:
        for one in mixed:
            check(one, genome)
            normalise(one, genome)

    more = compare(
        {
            "score_variants": (lambda: score_variants(model, genome, mixed), n),
            "of which check and normalise": (prepare, n),
        },
        rounds=min(rounds, 2),
    )
    text += "\n" + table(f"Variants, {n}, SNVs, insertions and deletions", "variant", more)
    return text + f"\nPeak resident memory of this process: {most_memory():.0f} MB.\n"


def main() -> None:
    """Print the table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__)
    parser.add_argument("--model", default="retina-cnn")
    parser.add_argument("--variants", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    model = load(chosen.model, device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        print(bench(model, chosen.variants, chosen.rounds, Path(folder), chosen.batch_size))


if __name__ == "__main__":
    main()

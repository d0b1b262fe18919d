"""A published model in miniature: its three files made from random numbers, and a second network.

``forward`` is written from the description of baskerville's layers alone, in float64 numpy on
(L, C) arrays, straight from the arrays of the HDF5 file; it shares nothing with the package.
"""

import csv
import json
import math
from itertools import count
from pathlib import Path

import h5py
import numpy as np

LENGTH, WIDTHS, TOKENS, BINS, TRACKS = 1024, (8, 12, 16), 64, 224, 5

PARAMETERS = {
    "train": {"batch_size": 4},
    "model": {
        "seq_length": LENGTH,
        "augment_rc": True,
        "augment_shift": 3,
        "activation": "gelu",
        "norm_type": "batch",
        "bn_momentum": 0.9,
        "kernel_initializer": "lecun_normal",
        "l2_scale": 2.0e-7,
        "trunk": [
            {
                "name": "conv_dna",
                "filters": 6,
                "kernel_size": 7,
                "norm_type": None,
                "activation": "linear",
                "pool_size": 2,
            },
            {
                "name": "res_tower",
                "filters_init": 8,
                "filters_end": 16,
                "divisible_by": 4,
                "kernel_size": 5,
                "num_convs": 1,
                "pool_size": 2,
                "repeat": 3,
            },
            {
                "name": "transformer_tower",
                "key_size": 3,
                "heads": 2,
                "num_position_features": 8,
                "dropout": 0.2,
                "mha_l2_scale": 5.0e-8,
                "l2_scale": 5.0e-8,
                "kernel_initializer": "he_normal",
                "repeat": 2,
            },
            {"name": "unet_conv", "kernel_size": 3, "upsample_conv": True},
            {"name": "unet_conv", "kernel_size": 3, "upsample_conv": True},
            {"name": "Cropping1D", "cropping": 16},
        ],
        "head_human": {"name": "final", "units": TRACKS, "activation": "softplus"},
        "head_mouse": {"name": "final", "units": 3, "activation": "softplus"},
    },
}

TARGETS = [  # identifier, strand_pair, description
    ("a+", 1, "CAGE:liver,"),
    ("a-", 0, "CAGE:liver,"),
    ("b", 2, "DNASE:K562"),
    ("c+", 4, "RNA3:Skin, macrophage"),
    ("c-", 3, "RNA3:Skin, macrophage"),
]


def shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """Layer -> weight -> shape, layers named and ordered as Keras does."""
    made: dict[str, dict[str, tuple[int, ...]]] = {}
    numbers: dict[str, count] = {}

    def add(kind: str, **weights: tuple[int, ...]) -> None:
        n = next(numbers.setdefault(kind, count()))
        made[f"{kind}_{n}" if n else kind] = weights

    def batch(width: int) -> None:
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        add("batch_normalization", **dict.fromkeys(names, (width,)))

    def dense(before: int, after: int) -> None:
        add("dense", kernel=(before, after), bias=(after,))

    add("conv1d", kernel=(7, 4, 6), bias=(6,))
    for before, width in zip((6, *WIDTHS), WIDTHS, strict=False):
        batch(before)
        add("conv1d", kernel=(5, before, width), bias=(width,))
    for _ in range(2):
        add("layer_normalization", gamma=(16,), beta=(16,))
        add(
            "multihead_attention",
            **{
                "r_w_bias": (1, 2, 1, 3),
                "r_r_bias": (1, 2, 1, 3),
                "q_layer/kernel": (16, 6),
                "k_layer/kernel": (16, 6),
                "v_layer/kernel": (16, 16),
                "embedding_layer/kernel": (16, 16),
                "embedding_layer/bias": (16,),
                "r_k_layer/kernel": (8, 6),
            },
        )
        add("layer_normalization", gamma=(16,), beta=(16,))
        dense(16, 32)
        dense(32, 16)
    for beside in (16, 12):
        batch(16)
        batch(beside)
        dense(16, 16)
        dense(beside, 16)
        add(
            "separable_conv1d",
            depthwise_kernel=(3, 16, 1),
            pointwise_kernel=(1, 16, 16),
            bias=(16,),
        )
    dense(16, TRACKS)
    return made


def weights(seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """Random weights under which every unit of the network matters."""
    rng = np.random.default_rng(seed)
    made: dict[str, dict[str, np.ndarray]] = {}
    for layer, held in shapes().items():
        made[layer] = {}
        for name, shape in held.items():
            if name == "moving_variance":
                value = rng.uniform(0.1, 0.4, shape)  # small, so that epsilon is felt
            elif name == "gamma":
                value = rng.uniform(0.5, 1.5, shape)
            elif name in ("beta", "bias", "moving_mean"):
                value = rng.normal(0, 0.3, shape)
            else:
                inputs = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
                inputs = 1 if "bias" in name else 3 if name == "depthwise_kernel" else inputs
                value = rng.normal(0, 0.9 / np.sqrt(inputs), shape)
            made[layer][name] = value.astype(np.float32)
    return made


def described() -> str:
    """What a Keras file says of its layers, as far as it is read."""
    norm = {"epsilon": 0.001}
    layers = [("Conv1D", name, {"padding": "same"}) for name in shapes() if name[:4] == "conv"]
    layers += [
        ("BatchNormalization", name, {**norm, "momentum": 0.9})
        for name in shapes()
        if name.startswith("batch")
    ]
    layers += [("LayerNormalization", name, norm) for name in shapes() if name.startswith("layer")]
    layers.append(("SwitchReverse", "switch_reverse", {"strand_pair": [t[1] for t in TARGETS]}))
    entries = [
        {"class_name": kind, "config": {"name": name, **said}, "name": name, "inbound_nodes": []}
        for kind, name, said in layers
    ]
    entries.append(
        {
            "class_name": "TFOpLambda",
            "config": {"name": "tf.nn.gelu", "function": "nn.gelu"},
            "inbound_nodes": [["batch_normalization", 0, 0, {"approximate": True}]],
        }
    )
    return json.dumps({"class_name": "Functional", "config": {"layers": entries}})


def write_weights(path: Path, held: dict[str, dict[str, np.ndarray]] | None = None) -> Path:
    """Write a Keras HDF5 file."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = described()
        top = file.create_group("model_weights")
        top.create_group("max_pooling1d")  # a layer without weights
        for layer, entries in (held or weights()).items():
            for name, value in entries.items():
                top[f"{layer}/{layer}/{name}:0"] = value
    return path


def write_targets(path: Path, rows: list[tuple[str, int, str]] | None = None) -> Path:
    """Write a table of targets."""
    head = "index identifier clip clip_soft scale sum_stat strand_pair description".split()
    with path.open("w", newline="") as stream:
        table = csv.writer(stream, delimiter="\t", lineterminator="\n")
        table.writerow(head)
        for i, (name, pair, about) in enumerate(rows or TARGETS):
            table.writerow([i, name, 384, 64, 0.3, "sum_sqrt", pair, about])
    return path


def write_all(folder: Path) -> tuple[Path, Path, Path]:
    """Write weights, parameters and targets."""
    parameters = folder / "params.json"
    parameters.write_text(json.dumps(PARAMETERS))
    return write_weights(folder / "model.h5"), parameters, write_targets(folder / "targets.tsv")


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_exact(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2)))


def gelu_sigmoid(x: np.ndarray) -> np.ndarray:
    return x / (1 + np.exp(-1.702 * x))


def forward(
    path: Path,
    X: np.ndarray,
    *,
    crop: int,
    repeat: int = 3,
    gelu=gelu_tanh,
    epsilon: float = 1e-3,
    sign: int = 1,
    pad: bool = True,
    relu=lambda x: np.maximum(x, 0),
) -> np.ndarray:
    """Return (B, T) of one window X (L, 4). The options after ``repeat`` make other networks."""
    file = h5py.File(path, "r")
    top = file["model_weights"]

    def at(layer: str, name: str) -> np.ndarray:
        return top[f"{layer}/{layer}/{name}:0"][()].astype(np.float64)

    def name(kind: str, n: int) -> str:
        return f"{kind}_{n}" if n else kind

    def conv(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        half = len(kernel) // 2
        edge = "constant" if pad else "edge"
        wide = np.pad(x, ((half, half), (0, 0)), mode=edge)
        return sum(wide[k : k + len(x)] @ kernel[k] for k in range(len(kernel)))

    def batch(x: np.ndarray, n: int) -> np.ndarray:
        layer = name("batch_normalization", n)
        sd = np.sqrt(at(layer, "moving_variance") + epsilon)
        return (x - at(layer, "moving_mean")) / sd * at(layer, "gamma") + at(layer, "beta")

    def layer_norm(x: np.ndarray, n: int) -> np.ndarray:
        layer = name("layer_normalization", n)
        z = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + epsilon)
        return z * at(layer, "gamma") + at(layer, "beta")

    def dense(x: np.ndarray, n: int) -> np.ndarray:
        return x @ at(name("dense", n), "kernel") + at(name("dense", n), "bias")

    def pool(x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x) // 2, 2, -1).max(1)

    def attend(x: np.ndarray, n: int) -> np.ndarray:
        layer = name("multihead_attention", n)
        u, v = at(layer, "r_w_bias")[0], at(layer, "r_r_bias")[0]  # (H, 1, K)
        heads, tokens = len(u), len(x)

        def split(y: np.ndarray) -> np.ndarray:
            return y.reshape(len(y), heads, -1).transpose(1, 0, 2)

        q, k, w = (split(x @ at(layer, f"{one}_layer/kernel")) for one in "qkv")
        q = q / np.sqrt(u.shape[2])
        distances = sign * np.arange(-tokens + 1, tokens)
        half = at(layer, "r_k_layer/kernel").shape[0] // 2
        rate = np.float64(np.float32((tokens + 1) ** (1 / half)))
        masks = np.array(
            [[rate**i - 1 > abs(d) for i in range(1, half + 1)] for d in distances], float
        )
        features = np.concatenate([masks, np.sign(distances)[:, None] * masks], 1)
        r = split(features @ at(layer, "r_k_layer/kernel"))
        relative = (q + v) @ r.transpose(0, 2, 1)  # (H, T, 2T - 1)
        # Transformer-XL's shift: a zero in front, read anew with rows of another length
        shifted = np.concatenate([np.zeros((heads, tokens, 1)), relative], 2)
        shifted = shifted.reshape(heads, 2 * tokens, tokens)[:, 1:]
        shifted = shifted.reshape(heads, tokens, 2 * tokens - 1)[:, :, :tokens]
        scores = (q + u) @ k.transpose(0, 2, 1) + shifted
        powers = np.exp(scores - scores.max(2, keepdims=True))
        taken = powers / powers.sum(2, keepdims=True) @ w  # (H, T, V)
        flat = taken.transpose(1, 0, 2).reshape(tokens, -1)
        return flat @ at(layer, "embedding_layer/kernel") + at(layer, "embedding_layer/bias")

    with file:
        x = conv(X.astype(np.float64), at("conv1d", "kernel")) + at("conv1d", "bias")
        saved = []
        x = pool(x)
        for n in range(repeat):
            one = name("conv1d", n + 1)
            x = conv(gelu(batch(x, n)), at(one, "kernel")) + at(one, "bias")
            saved.append(x)
            x = pool(x)
        for n in range(2):
            x = x + attend(layer_norm(x, 2 * n), n)
            x = x + dense(relu(dense(layer_norm(x, 2 * n + 1), 2 * n)), 2 * n + 1)
        for n in range(2):
            beside = next(one for one in reversed(saved) if len(one) == 2 * len(x))
            low = dense(gelu(batch(x, repeat + 2 * n)), 4 + 2 * n)
            high = dense(gelu(batch(beside, repeat + 2 * n + 1)), 5 + 2 * n)
            x = np.repeat(low, 2, axis=0) + high
            one = name("separable_conv1d", n)
            taps = at(one, "depthwise_kernel")[:, :, 0]
            x = conv(x, np.stack([np.diag(tap) for tap in taps]))
            x = x @ at(one, "pointwise_kernel")[0] + at(one, "bias")
        x = x[crop : len(x) - crop]
        return np.logaddexp(0, dense(gelu(x), 8))

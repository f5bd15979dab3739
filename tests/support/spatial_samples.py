"""Samples of the spatial functions of `nn.functional`, and modules whose draws and text are compared."""

from itertools import product

from sampling import at, call, distinct, ints, mask, positions, positive, real

CONV = {
    "conv1d": [
        call(real(2, 3, 8), real(4, 3, 3)),
        call(real(2, 3, 8), real(4, 3, 3), real(4), 2, 1, 2),
        call(real(3, 8), real(4, 3, 3), real(4)),
        call(real(2, 3, 8), real(4, 3, 4), padding="same", dilation=2),
        call(real(2, 4, 8), real(6, 2, 3), groups=2, padding="valid"),
        call(real(2, 4, 8), real(8, 1, 3), real(8), groups=4, stride=2, padding=2),
        call(real(2, 4, 8), real(6, 4, 1), stride=3, padding=1),
        call(real(1, 3, 2), real(4, 3, 3)),
        call(real(1, 3, 5, 5), real(4, 3, 3)),
    ],
    "conv2d": [
        call(real(2, 3, 5, 6), real(4, 3, 3, 2)),
        call(real(2, 3, 5, 6), real(4, 3, 3, 2), real(4), (2, 1), (1, 2), (1, 2)),
        call(real(3, 5, 6), real(4, 3, 3, 2), stride=[1, 2]),
        call(real(2, 3, 5, 6), real(4, 3, 4, 2), padding="same"),
        call(real(2, 4, 5, 6), real(6, 2, 3, 3), real(6), groups=2, padding=1, stride=2),
        call(real(2, 4, 5, 6), real(4, 1, 3, 3), groups=4, padding=1, dilation=2),
        call(real(2, 4, 5, 6), real(8, 1, 2, 3), real(8), groups=4, stride=2),
        call(real(2, 4, 5, 6), real(6, 4, 1, 1), real(6), stride=2),
        call(real(0, 3, 5, 5), real(4, 3, 3, 3)),
        call(ints(1, 2, 4, 4), ints(3, 2, 2, 2)),
        call(real(1, 3, 5, 5), real(4, 2, 3, 3)),
        call(real(1, 3, 5), real(4, 2, 3, 3)),
        call(real(5, 5), real(4, 2, 3, 3)),
        call(real(1, 3, 2, 2), real(4, 3, 3, 3), dilation=2),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), real(5)),
        call(real(1, 4, 5, 5), real(4, 2, 3, 3), groups=3),
        call(real(1, 4, 5, 5), real(4, 2, 3, 3), groups=0),
        call(ints(1, 3, 5, 5), real(4, 3, 3, 3)),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), ints(4)),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), stride=0),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), padding=-1),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), dilation=0),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), padding="same", stride=2),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), padding="twice"),
        call(real(1, 3, 5, 5), real(4, 3, 3, 3), stride=(1, 2, 3)),
        call(real(1, 3, 5, 5), real(4, 3, 3)),
    ],
    "conv3d": [
        call(real(2, 2, 4, 5, 4), real(3, 2, 2, 3, 2)),
        call(real(2, 2, 4, 5, 4), real(3, 2, 2, 3, 2), real(3), (2, 1, 2), (1, 2, 0), (1, 2, 1)),
        call(real(2, 4, 5, 4), real(3, 2, 2, 3, 2), padding="same"),
        call(real(1, 4, 4, 4, 4), real(4, 2, 3, 3, 3), groups=2, padding=1),
        call(real(1, 2, 4, 4, 4), real(2, 1, 3, 3, 3), groups=2, padding=1),
        call(real(1, 3, 2, 2, 2), real(4, 3, 3, 3, 3)),
    ],
}
TRANSPOSED = {
    "conv_transpose1d": [
        call(real(2, 3, 5), real(3, 4, 3)),
        call(real(2, 3, 5), real(3, 4, 3), real(4), 2, 1, 1, 1, 2),
        call(real(3, 5), real(3, 4, 3), stride=3),
        call(real(2, 4, 5), real(4, 3, 2), groups=2),
        call(real(1, 3, 5), real(3, 4, 3), output_padding=1),
        call(real(1, 3, 5), real(3, 4, 3), padding=5),
    ],
    "conv_transpose2d": [
        call(real(2, 3, 4, 5), real(3, 4, 3, 2)),
        call(real(2, 3, 4, 5), real(3, 4, 3, 2), real(4), (2, 3), (1, 0), (1, 2), 1, (1, 2)),
        call(real(3, 4, 5), real(3, 4, 3, 2), real(4), stride=2),
        call(real(2, 4, 4, 5), real(4, 3, 4, 4), real(6), groups=2, stride=2, padding=1),
        call(real(2, 4, 4, 5), real(4, 1, 3, 3), groups=4, padding=1),
        call(real(2, 4, 4, 5), real(4, 3, 1, 1), stride=2),
        call(real(1, 3, 3, 3), real(3, 4, 3, 3), dilation=2, output_padding=1),
        call(real(1, 3, 5, 5), real(2, 4, 3, 3)),
        call(real(1, 3, 5, 5), real(3, 4, 3, 3), real(3)),
        call(real(3, 5), real(3, 4, 3, 3)),
        call(real(1, 3, 5, 5), real(3, 4, 3, 3), output_padding=1),
        call(real(1, 3, 5, 5), real(3, 4, 3, 3), padding=5),
    ],
    "conv_transpose3d": [
        call(real(1, 2, 3, 3, 2), real(2, 3, 2, 3, 2), real(3), (2, 1, 2), (1, 0, 1), (1, 0, 0)),
        call(real(2, 3, 3, 2), real(2, 3, 2, 3, 2)),
        call(real(1, 3, 5, 5, 5), real(3, 4, 3, 3, 3), output_padding=1),
    ],
}
TIED = at([[[[1.0, 3.0, 3.0, 1.0], [3.0, 3.0, 2.0, 3.0], [2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, float("nan")]]]])
MAX_POOLS = {
    "max_pool1d": [
        call(distinct(2, 3, 7), 2),
        call(distinct(3, 7), 3, 2, 1, ceil_mode=True),
        call(distinct(2, 3, 9), 2, 1, 1, 3, return_indices=True),
        *(
            call(distinct(1, 3, 5), *how)
            for how in ((0,), (2, 0), (2, 2, 2), (2, 2, -1), (2, 2, 0, 0), (6,), ((1, 2),))
        ),
        call(distinct(5), 2),
        call(ints(1, 3, 5), 2),
    ],
    "max_pool2d": [
        call(distinct(2, 3, 6, 7), 2),
        call(distinct(2, 3, 7, 7), 3, 2, 1),
        call(distinct(3, 6, 7), (2, 3), (1, 2), (1, 0), (2, 1), True),
        call(distinct(2, 3, 7, 8), 3, 2, 1, 1, True, True),
        call(distinct(2, 3, 5, 5), 2, ceil_mode=True, return_indices=True),
        call(TIED, 2),
        call(TIED, 2, 1, return_indices=True),
        call(TIED, 3, 1, 1),
        call(real(0, 3, 5, 5), 2),
        call(ints(1, 3, 5, 5), 2),
        call(mask(1, 3, 5, 5), 2),
        *(call(real(1, 3, 5, 5), *how) for how in ((0,), (2, 2, 2), (2, 2, -1), (2, 2, 0, 0), (6,), ((1, 2, 3),))),
        *(call(real(*s), 2) for s in ((3, 5), (1, 1, 3, 5, 5), (1, 3, 1, 1), (1, 0, 5, 5))),
    ],
    "max_pool3d": [
        call(distinct(1, 2, 4, 5, 4), 2),
        call(distinct(2, 4, 5, 4), (2, 3, 2), 2, (1, 1, 0), 1, True, True),
        call(mask(1, 3, 5, 5, 5), 2),
        *(call(real(1, 1, 3, 3, 3), *how) for how in ((4,), (2, 2, 2), (2, 0), (2, 2, 0, 0))),
        call(real(3, 5, 5), 2),
    ],
}
AVG_POOLS = {
    "avg_pool1d": [
        call(real(2, 3, 7), 2),
        call(real(3, 7), 3, 2, 1),
        *(call(real(2, 3, 8), 3, 2, 1, c, i) for c, i in product((False, True), repeat=2)),
        call(ints(1, 3, 5), 2),
        call(real(1, 3, 1), 2),
        call(real(5), 2),
        call(real(1, 3, 5), 2, padding=2),
    ],
    "avg_pool2d": [
        call(real(2, 3, 6, 7), 2),
        call(real(3, 6, 7), (2, 3), (1, 2), (1, 0)),
        *(call(real(2, 3, 6, 6), 3, 2, 1, c, i) for c, i in product((False, True), repeat=2)),
        call(real(2, 3, 6, 6), 3, 2, 1, divisor_override=5),
        call(ints(1, 3, 5, 5), 2),
        call(at([[[[1, 2], [3, 4]]]], "int32"), 2),
        call(real(1, 3, 5, 5), 2, divisor_override=0),
        call(real(3, 5), 2),
        call(real(1, 3, 1, 1), 2),
    ],
    "avg_pool3d": [
        call(real(1, 2, 4, 5, 4), 2),
        call(real(2, 4, 5, 4), 3, 2, 1, True, False),
        call(real(2, 4, 5, 4), (2, 1, 2), divisor_override=3),
        call(at([[[[1, 2], [3, 4]]]], "int32"), 2),
        call(real(1, 3, 5), 2),
    ],
    "lp_pool1d": [call(positive(2, 3, 7), 2, 3), call(positive(3, 7), 3, 2, 1, True)],
    "lp_pool2d": [call(positive(2, 3, 6, 7), 2, (2, 3)), call(positive(2, 3, 5, 5), 1, 2, 2, True)],
    "lp_pool3d": [call(positive(1, 2, 4, 4, 4), 2, 2)],
}
ADAPTIVE = {
    "adaptive_avg_pool1d": [call(real(2, 3, 7), n) for n in (1, 3, 7, 9)] + [call(real(3, 8), 4), call(real(5), 2)],
    "adaptive_avg_pool2d": [
        *(call(real(2, 3, 6, 7), n) for n in (1, 3, (2, 7), (None, 5), (9, 4))),
        call(real(3, 4, 4), 2),
        *(call(real(*s), 2) for s in ((3, 5), (1, 3, 0, 5))),
        call(real(1, 3, 5, 5), (2, 2, 2)),
        call(ints(1, 3, 5, 5), 2),
    ],
    "adaptive_avg_pool3d": [call(real(1, 2, 4, 5, 3), n) for n in (1, (2, 3, 3), (None, 5, 1))]
    + [call(real(3, 5, 5), 2)],
    "adaptive_max_pool1d": [call(distinct(2, 3, 7), n, i) for n in (1, 3, 9) for i in (False, True)]
    + [call(real(5), 2)],
    "adaptive_max_pool2d": [
        *(call(distinct(2, 3, 6, 7), n) for n in (1, 3, (2, 7), (None, 5), (9, 4))),
        call(distinct(3, 6, 7), (4, 3), True),
        call(TIED, 3),
        *(call(real(*s), 2) for s in ((3, 5), (1, 3, 0, 5))),
        call(ints(1, 3, 5, 5), 2),
    ],
    "adaptive_max_pool3d": [call(distinct(1, 2, 4, 5, 3), n, i) for n, i in ((1, True), ((2, 3, 3), False))],
    "max_unpool1d": [call(real(1, 2, 2), positions([[[1, 2], [0, 3]]]), 2)],
    "max_unpool2d": [
        call(real(1, 1, 2, 2), positions([[[[0, 3], [8, 15]]]]), 2),
        call(real(1, 2, 2), positions([[[0, 3], [8, 24]]]), 2, 2, 0, (5, 5)),
        call(real(1, 1, 2, 2), positions([[[[0, 3], [8, 15]]]]), 2, None, 0, (1, 1, 4, 4)),
        call(real(1, 1, 2, 2), positions([[[[0, 3], [8, 99]]]]), 2),
        call(real(1, 1, 2, 2), positions([[[[0, 3], [8, 15]]]]), 2, output_size=(9, 9)),
        call(real(1, 1, 2, 2), positions([[[[0, 3], [8, 15]]]]), 2, output_size=(9,)),
        call(real(1, 1, 2, 2), real(1, 1, 2, 2), 2),
        call(real(1, 1, 2, 2), positions([[[[0, 3]]]]), 2),
        call(real(2, 2), positions([[0, 3], [8, 15]]), 2),
    ],
    "max_unpool3d": [call(real(1, 1, 1, 2, 1), positions([[[[[0], [5]]]]]), 2)],
}
NORMS = {
    "batch_norm": [
        call(real(4, 3), real(3), positive(3)),
        call(real(4, 3), real(3), positive(3), real(3), real(3)),
        call(real(4, 3, 2), None, None, real(3), real(3), True),
        call(real(4, 3, 2, 2), None, None, None, real(3), training=True, eps=1e-3),
        call(real(4, 3, 2, 2), None, None, training=True),
        call(real(0, 3, 4, 4), None, None, training=True),
        call(real(1, 3), None, None, training=True),
        call(real(2, 3), None, None),
        call(real(2, 3), real(3), None),
        call(real(2, 3), real(4), positive(4)),
        call(real(2, 3), real(3), positive(3), real(4)),
        call(real(2, 3), real(3), positive(3), real(3), real(4)),
        call(real(3), real(3), positive(3)),
        call(ints(2, 3, 2), None, None, training=True),
    ],
    "instance_norm": [
        call(real(2, 3, 4)),
        call(real(2, 3, 4, 2), None, None, real(3), real(3)),
        call(real(2, 3, 4), real(3), positive(3), real(3), real(3), False),
        call(real(2, 3, 4), use_input_stats=False),
        call(real(2, 3)),
    ],
    "layer_norm": [
        call(real(4, 3), (3,)),
        call(real(2, 4, 3), (4, 3), real(4, 3), real(4, 3)),
        call(real(2, 4, 3), [3], real(3), None, 1e-3),
        call(real(2, 0), (0,)),
        call(real(2, 3), (4,)),
        call(real(2, 3), ()),
        call(real(3), (2, 3)),
        call(real(2, 3), (3,), real(4)),
        call(real(2, 3), (3,), real(3), real(4)),
        call(real(2, 3), 3),
        call(ints(2, 3), (3,)),
    ],
    "rms_norm": [
        call(real(4, 3), (3,)),
        call(real(2, 4, 3), (4, 3), real(4, 3), 1e-3),
        call(real(2, 3), (4,)),
        call(real(2, 3), (3,), real(4)),
        call(ints(2, 3), (3,)),
    ],
    "group_norm": [
        call(real(2, 4, 3), 2),
        call(real(2, 6, 2, 2), 3, real(6), real(6), 1e-3),
        call(real(2, 4), 1, real(4)),
        call(real(2, 3), 2),
        call(real(2, 4, 5), 2, real(3)),
        call(real(2, 4, 5), 2, real(4), real(3)),
        call(real(4), 2),
        call(real(1, 4), 4),
        call(ints(2, 4, 3), 2),
    ],
    "local_response_norm": [call(real(2, 5, 3), 2), call(real(2, 5, 3, 2), 3, 0.1, 0.5, 2.0), call(real(2, 3), 2)],
}
PADS = {
    "pad": [
        call(real(2, 3), (1, 2)),
        call(real(2, 3), (1, 2, 0, 1), value=2.5),
        call(real(2, 3), (-1, 2)),
        call(real(2, 3), (0, 0)),
        call(ints(2, 3), (1, 1), value=2.5),
        call(mask(2, 3), (1, 1), value=1),
        *(call(real(2, 4), (2, 1), mode=m) for m in ("reflect", "replicate", "circular")),
        *(
            call(real(2, 3, 5), p, mode=m)
            for p in ((1, 3), (-1, 2), (2, -1))
            for m in ("reflect", "replicate", "circular")
        ),
        *(call(real(2, 2, 3, 4), (1, 2, 2, 1), mode=m) for m in ("reflect", "replicate", "circular")),
        *(call(real(2, 3, 4, 2), (1, 0, 2, 1, 1, 2), mode=m) for m in ("reflect", "replicate", "circular")),
        call(ints(2, 3, 4), (1, 1), mode="reflect"),
        call(real(3), (1, 1), mode="reflect"),
        call(real(2, 3), (3, 1), mode="reflect"),
        call(real(2, 3, 4, 4), (1, 1), mode="reflect"),
        call(real(2, 3), (1, 1, 1)),
        call(real(2, 3), (1, 1, 1, 1, 1, 1)),
        call(real(2, 3), (-2, -2)),
        call(real(2, 3), (1, 1), mode="mirror"),
        call(real(2, 3), (1, 1), mode="reflect", value=1),
        call(real(2, 3, 4), (5, 1), mode="circular"),
        call(real(2, 3, 4), (-3, -3), mode="circular"),
        call(real(2, 3, 4), (-5, 1), mode="replicate"),
        call(real(2, 3, 0), (1, 1), mode="replicate"),
        call(real(2, 3), 1),
    ],
}
SIZES = ({"scale_factor": 2}, {"size": 5}, {"scale_factor": 0.7}, {"scale_factor": 1.3})
SIZES_2D = (
    *SIZES,
    {"size": (2, 7)},
    {"scale_factor": (1.5, 0.5)},
    {"scale_factor": 1.7, "recompute_scale_factor": True},
)
RESIZED = {
    "interpolate": [
        *(call(real(2, 3, 4), mode=m, **s) for m in ("nearest", "nearest-exact", "linear", "area") for s in SIZES),
        *(call(real(1, 2, 4, 6), mode=m, **s) for m in ("nearest", "nearest-exact", "bilinear", "bicubic", "area") for s in SIZES_2D),
        *(call(real(1, 2, 4, 6), mode=m, align_corners=True, **s) for m in ("bilinear", "bicubic") for s in SIZES_2D),
        *(call(real(1, 2, 4, 6), mode=m, antialias=True, **s) for m in ("bilinear", "bicubic") for s in SIZES_2D),
        *(call(real(1, 2, 4, 6), mode=m, align_corners=True, antialias=True, size=3) for m in ("bilinear", "bicubic")),
        *(call(real(1, 2, 3, 4, 3), mode=m, **s) for m in ("nearest", "trilinear") for s in SIZES),
        call(real(2, 3, 4), mode="linear", align_corners=True, size=7),
        call(real(2, 3, 4), mode="linear", align_corners=True, size=1),
        call(at([[[[1, 2], [3, 4]]]], "uint8"), scale_factor=2),
        *(call(real(1, 3, 4, 4), **how) for how in (
            {}, {"size": 2, "scale_factor": 2}, {"size": (2, 2, 2)}, {"scale_factor": (2, 2, 2)},
            {"scale_factor": 2, "align_corners": True}, {"scale_factor": 2, "mode": "linear"},
            {"scale_factor": 2, "mode": "lanczos4"}, {"size": 0}, {"size": 6, "recompute_scale_factor": True},
        )),
        call(real(1, 3, 4), scale_factor=2, mode="bilinear"),
        call(real(1, 3, 4), scale_factor=2, mode="bicubic"),
        call(real(1, 3, 4), scale_factor=2, mode="linear", antialias=True),
        call(real(3, 4), scale_factor=2),
        call(ints(1, 3, 4, 4), scale_factor=2),
        call(ints(1, 3, 4, 4), scale_factor=2, mode="bilinear"),
        call(real(1, 0, 4, 4), scale_factor=2),
    ],
    "upsample": [call(real(1, 2, 3, 3), scale_factor=2)],
    "upsample_nearest": [call(real(1, 2, 3, 3), 5)],
    "upsample_bilinear": [call(real(1, 2, 3, 3), 5)],
}  # fmt: skip
SAMPLED = {
    "grid_sample": [
        *(
            call(real(2, 3, 4, 5), at(GRID), mode=m, padding_mode=p, align_corners=a)
            for GRID in [[[[[-1.3, 0.2], [0.1, 0.9]], [[1.7, -0.45], [-0.35, -2.6]]]] * 2]
            for m in ("bilinear", "nearest", "bicubic")
            for p in ("zeros", "border", "reflection")
            for a in (False, True)
        ),
        *(
            call(real(1, 2, 3, 4, 3), at([[[[[-1.3, 0.2, 0.6], [0.1, 0.9, -0.7]]]]]), mode=m, padding_mode=p, align_corners=False)
            for m in ("bilinear", "nearest")
            for p in ("zeros", "border", "reflection")
        ),
        call(real(1, 3, 4, 4), real(1, 2, 2, 3)),
        call(real(1, 3, 4, 4), real(2, 2, 2, 2)),
        call(real(1, 3, 4, 4, 4), real(1, 2, 2, 3)),
        call(real(1, 3, 4, 4, 4), real(1, 2, 2, 2, 3), mode="bicubic"),
        call(real(1, 3, 0, 4), real(1, 2, 2, 2)),
        call(real(1, 3, 4, 4), real(1, 2, 2, 2), mode="cubic"),
        call(real(1, 3, 4, 4), real(1, 2, 2, 2), padding_mode="wrap"),
        call(ints(1, 3, 5, 5), ints(1, 2, 2, 2)),
        call(real(1, 3, 5, 5), ints(1, 2, 2, 2)),
    ],
    "affine_grid": [
        *(call(real(2, 2, 3), (2, 1, 3, 4), align_corners=a) for a in (False, True, None)),
        *(call(real(1, 3, 4), (1, 1, 2, 3, 1), align_corners=a) for a in (False, True)),
        call(real(1, 2, 3), (1, 1, 2)),
        call(real(1, 2, 2), (1, 1, 2, 2)),
        call(real(1, 2, 3), (1, 1, 0, 2)),
        call(ints(1, 2, 3), (1, 1, 2, 2)),
    ],
    "pixel_shuffle": [call(real(1, 8, 2, 3), 2), call(real(9, 2, 2), 3), call(real(1, 3, 4, 4), 2), call(real(4, 4), 2), call(real(1, 4, 4, 4), 0)],
    "pixel_unshuffle": [call(real(1, 2, 4, 6), 2), *(call(real(*s), 2) for s in ((1, 4, 3, 4), (1, 4, 4, 3), (4, 3))), call(real(1, 4, 4, 4), 0)],
    "channel_shuffle": [call(real(2, 6, 3), 3), call(real(1, 4, 2, 2), 3), call(real(4, 4), 2), call(real(1, 4, 4, 4), 0)],
    "unfold": [
        call(real(2, 3, 5, 6), 2),
        call(real(3, 5, 6), (2, 3), (2, 1), (1, 0), (1, 2)),
        *(call(real(1, 4, 4, 4), *how) for how in ((5,), (0,), (2, 0), (2, 1, -1), (2, 1, 0, 0), ((1, 2, 3),))),
        call(real(4, 4), 2),
        call(ints(1, 4, 4, 4), 2),
    ],
    "fold": [
        call(real(2, 12, 20), (5, 6), 2),
        call(real(12, 12), (4, 5), (2, 3), (2, 1), (1, 0), (1, 1)),
        call(real(1, 15, 9), 4, 2),
        call(real(1, 16, 8), 4, 2),
        call(real(16), 4, 2),
        call(real(1, 16, 8), (4, 4, 4), 2),
        call(real(1, 16, 9), 4, 0),
        call(ints(1, 16, 9), 4, 2),
    ],
}  # fmt: skip
SPATIAL = CONV | TRANSPOSED | MAX_POOLS | AVG_POOLS | ADAPTIVE | NORMS | PADS | RESIZED | SAMPLED

MODULES = ["", "Conv1d(2, 4, 3, padding=1)", 'Conv2d(4, 6, (3, 2), 2, 1, 2, 2, False, "reflect")', 'Conv2d(3, 4, 3, padding="same")', "Conv3d(2, 4, 3, groups=2)", "ConvTranspose1d(2, 4, 3)", "ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2)", "ConvTranspose3d(2, 3, 2, bias=False)", "MaxPool1d(2, stride=1, dilation=2, ceil_mode=True)", "MaxPool2d((2, 2), padding=1, return_indices=True)", "MaxPool3d(3)", "AvgPool1d(2)", "AvgPool2d(2, 3, 1)", "AvgPool3d(2)", "LPPool1d(2, 3)", "LPPool2d(2, 3, 1)", "LPPool3d(1.5, 2, ceil_mode=True)", "AdaptiveAvgPool1d(3)", "AdaptiveAvgPool2d((None, 2))", "AdaptiveAvgPool3d(1)", "AdaptiveMaxPool1d(3)", "AdaptiveMaxPool2d(3, return_indices=True)", "AdaptiveMaxPool3d((1, 2, 3))", "MaxUnpool1d(2, stride=3)", "MaxUnpool2d(2)", "MaxUnpool3d((1, 2, 3))", "BatchNorm1d(3, affine=False, momentum=None)", "BatchNorm2d(3, 1e-3, 0.2)", "BatchNorm3d(3, track_running_stats=False, bias=False)", "InstanceNorm1d(3)", "InstanceNorm2d(3, affine=True)", "InstanceNorm3d(3, track_running_stats=True)", "LayerNorm(3)", "LayerNorm((2, 3), bias=False)", "LayerNorm([3], elementwise_affine=False)", "RMSNorm((2, 3))", "RMSNorm(3, 1e-3, False)", "GroupNorm(2, 4)", "GroupNorm(2, 4, affine=False)", "LocalResponseNorm(2)", "ConstantPad1d(1, 2)", "ConstantPad2d((1, 2, 0, 1), 3.5)", "ConstantPad3d(1, -1.0)", "ZeroPad1d(1)", "ZeroPad2d((1, 2, 0, 1))", "ZeroPad3d(2)", "ReflectionPad1d(2)", "ReflectionPad2d((1, 2, 0, 1))", "ReflectionPad3d(1)", "ReplicationPad1d((1, 2))", "ReplicationPad2d(2)", "ReplicationPad3d(2)", "CircularPad1d(2)", "CircularPad2d(2)", "CircularPad3d(2)", "Upsample(scale_factor=2)", 'Upsample(scale_factor=(2, 3), mode="bilinear")', 'Upsample(5, align_corners=True, mode="linear")', "UpsamplingNearest2d(scale_factor=2)", "UpsamplingBilinear2d(4)", "PixelShuffle(2)", "PixelUnshuffle(2)", "ChannelShuffle(2)", "Unfold(2)", "Fold((2, 3), 2)", "LazyConv1d(4, 3)", "LazyConv2d(4, 3, groups=2)", "LazyConv3d(4, 3)", "LazyConvTranspose1d(4, 3)", "LazyConvTranspose2d(4, 3)", "LazyConvTranspose3d(4, 3)", "LazyBatchNorm1d()", "LazyBatchNorm2d(affine=False)", "LazyBatchNorm3d()", "LazyInstanceNorm1d()", "LazyInstanceNorm2d(track_running_stats=False)", "LazyInstanceNorm3d()", "LazyLinear(3)", ""][1:-1]

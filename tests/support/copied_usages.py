"""Usages of code copied out of PyTorch, which imports names of PyTorch's own files; see `library_usages.py`."""

from script_usages import error, sub


def names_of_copied_losses_and_fillings(torch):
    reduction, init = sub(torch, "nn._reduction"), torch.nn.init
    torch.manual_seed(0)
    x = torch.empty(3, 4)
    return (
        [reduction.get_enum(name) for name in ("none", "mean", "elementwise_mean", "sum")],
        error(lambda: reduction.get_enum("median")),
        [reduction.legacy_get_string(a, b, False) for a in (None, True, False) for b in (None, True, False)],
        [reduction.legacy_get_enum(False, b) for b in (None, False)],
        init._no_grad_uniform_(x, -1, 1).clone(),
        init._no_grad_normal_(x, 0, 2).clone(),
        init._no_grad_trunc_normal_(x, 0, 1, -2, 2).clone(),
        init._no_grad_fill_(x, 3).clone(),
        init._no_grad_zero_(x),
    )


def names_of_copied_attention(torch):
    F, layers = torch.nn.functional, sub(torch, "nn.modules.transformer")
    torch.manual_seed(0)
    x, y, w, b = (torch.randn(*shape).double() for shape in ((2, 3, 4), (2, 5, 4), (12, 4), (12,)))
    w.requires_grad_()
    packed = [F._in_projection_packed(*inputs, w, b) for inputs in ((x, x, x), (x, y, y), (x, y, y.clone()))]
    packed.append(F._in_projection_packed(x, x, x, w))
    sum((i + 1) * part.sin().sum() for parts in packed for i, part in enumerate(parts)).backward()
    mask = torch.tensor([[True, False], [False, False]])
    return (
        packed,
        [[part.is_contiguous() for part in parts] for parts in packed],
        w.grad,
        F._in_projection(x, y, y, *w.chunk(3), *b.chunk(3)),
        error(lambda: F._in_projection(x, y, y, w, *w.chunk(3)[1:])),
        error(lambda: F._in_projection(x, y, y, *w.chunk(3), b)),
        F._canonical_mask(mask, "a", None, "b", torch.float32),
        error(lambda: F._canonical_mask(mask.long(), "a", None, "b", torch.float32)),
        F._canonical_mask(mask=mask.float(), mask_name="a", other_type=None, other_name="", target_type=torch.float64),
        F._none_or_dtype(mask) == torch.bool,
        F._none_or_dtype(None),
        error(lambda: F._none_or_dtype(1)),
        F._mha_shape_check(x, y, y, None, None, 2),
        [F._get_softmax_dim("softmax", n, 3) for n in range(5)],
        layers._get_activation_fn("relu") is F.relu,
        error(lambda: layers._get_activation_fn("tanh")),
        layers._generate_square_subsequent_mask(3),
        [F.has_torch_function((x,)), F.has_torch_function_unary(x), F.has_torch_function_variadic(x, y)],
    )


def names_of_copied_layers(torch):
    conv, utils, pooling = (sub(torch, f"nn.modules.{name}") for name in ("conv", "utils", "pooling"))
    collate = sub(torch, "utils.data._utils.collate")
    wrapped = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)))
    state = wrapped.state_dict()
    utils.consume_prefix_in_state_dict_if_present(state, "module.")
    plain = {"module.a": 1, "b": 2}
    utils.consume_prefix_in_state_dict_if_present(plain, "module.")
    return (
        conv._pair(3),
        conv._single(3),
        conv._triple((1, 2, 3)),
        utils._list_with_default([None, 3], [1, 2, 4]),
        utils._list_with_default(3, [1, 2]),
        error(lambda: utils._list_with_default([1, 2], [1, 2])),
        [isinstance(torch.nn.AdaptiveAvgPool2d(1), getattr(pooling, f"_Adaptive{k}PoolNd")) for k in ("Avg", "Max")],
        list(state),
        {name: dict(x) for name, x in state._metadata.items()},
        plain,
        collate.default_collate_err_msg_format.format("x"),
        sub(torch, "nn.modules.rnn").PackedSequence is torch.nn.utils.rnn.PackedSequence,
        issubclass(torch.utils.data.TensorDataset, sub(torch, "utils.data.dataloader").Dataset),
        torch.nn.parameter.is_lazy(torch.nn.LazyLinear(2).weight),
        torch.nn.parameter.is_lazy(torch.nn.Linear(2, 2).weight),
    )


USAGES = {
    f.__name__: f for f in (names_of_copied_losses_and_fillings, names_of_copied_attention, names_of_copied_layers)
}

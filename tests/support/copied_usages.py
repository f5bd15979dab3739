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


def copied_optimizer(torch):
    module = sub(torch, "optim.optimizer")

    class SignSGD(module.Optimizer):
        def __init__(self, params, lr=0.1, differentiable=False):
            super().__init__(params, {"lr": lr, "differentiable": differentiable})

        @module.Optimizer.profile_hook_step
        @module._use_grad_for_differentiable
        def step(self, closure=None):
            self._cuda_graph_capture_health_check()
            for group in self.param_groups:
                params = [p for p in group["params"] if p.grad is not None]
                grads, steps = [p.grad for p in params], []
                for p in params:
                    state = self.state[p]
                    state.setdefault("step", torch.tensor(0.0, dtype=module._get_scalar_dtype()))
                    steps.append(state["step"])
                fused, foreach = module._default_to_fused_or_foreach(params, group["differentiable"], use_fused=False)
                assert not fused
                assert not foreach
                self._sign(params, grads, steps, lr=module._to_scalar(group["lr"]))

        @module._disable_dynamo_if_unsupported(single_tensor_fn=None)
        def _sign(self, params, grads, steps, *, lr):
            module._view_as_real(params, grads)
            grouped = module.Optimizer._group_tensors_by_device_and_dtype([params, grads, steps])
            for some, of_some, counted in module._stack_if_compiling([lists for lists, _ in grouped.values()]):
                torch._foreach_add_(counted, 1)
                rate = lr / module._get_value(counted[0])
                torch._foreach_add_(some, torch._foreach_sign(of_some), alpha=-rate)

    a = torch.tensor([1.0, -2.0], requires_grad=True)
    b = torch.tensor([1.0 + 2.0j], requires_grad=True)
    optimizer = SignSGD([a, b])
    for _ in range(3):
        optimizer.zero_grad()
        ((a**2).sum() + b.abs().sum()).backward()
        optimizer.step()
    texts = [name for name in dir(module) if name.endswith("_doc") and isinstance(getattr(module, name), str)]
    return a, b, optimizer.state[a]["step"], module._get_capturable_supported_devices(False), texts


def copied_scheduler(torch):
    module = sub(torch, "optim.lr_scheduler")

    class Warmup(module.LRScheduler):
        def __init__(self, optimizer, lrs):
            self.lrs = module._format_param("lrs", optimizer, lrs)
            super().__init__(optimizer)

        def get_lr(self):
            module._warn_get_lr_called_within_step(self)
            return [lr * (self.last_epoch + 1) for lr in self.lrs]

        def step(self, epoch=None):
            self._step_count = getattr(self, "_step_count", 0) + 1
            self.last_epoch += 1
            with module._enable_get_lr_call(self):
                for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
                    module._update_param_group_val(group, "lr", lr)
            self._last_lr = module._param_groups_val_list(self.optimizer, "lr")

    optimizer = module.Optimizer([torch.ones(1)], {"lr": 0.0})
    optimizer.add_param_group({"params": [torch.ones(2)], "lr": torch.tensor(3.0)})
    scheduler = Warmup(optimizer, (0.1, 0.2))
    scheduler.step()
    wrong = error(lambda: module._format_param("lrs", optimizer, [1]))
    return scheduler.get_last_lr(), optimizer.param_groups[1]["lr"], wrong


def layers_built_on_others(torch):
    nn, F = torch.nn, torch.nn.functional
    torch.manual_seed(0)

    class Standardized(nn.Conv2d):
        def forward(self, x):
            w = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return self._conv_forward(x, w / w.std((1, 2, 3), keepdim=True), self.bias)

    class Padded(nn.Conv1d):
        def _conv_forward(self, x, weight, bias):
            return F.conv1d(F.pad(x, self._reversed_padding_repeated_twice), weight, bias, self.stride) + 1

    class Scaled(nn.ConvTranspose2d):
        def forward(self, x, output_size=None):
            sizes = self.stride, self.padding, self.kernel_size
            more = self._output_padding(x, output_size, *sizes, num_spatial_dims=2, dilation=self.dilation)
            return F.conv_transpose2d(x, 2 * self.weight, self.bias, self.stride, self.padding, more)

    class Counted(nn.Module):
        def __call__(self, *args, **kwargs):
            return self._call_impl(*args, **kwargs), self._wrapped_call_impl(*args, **kwargs)

        def forward(self, x, times=1):
            return x * times

    image, lstm, gru = torch.randn(2, 3, 5, 5), nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2), nn.GRU(3, 4)
    x, sizes, order = torch.randn(5, 2, 3), torch.tensor([3, 1]), torch.tensor([1, 0])
    state = torch.randn(4, 2, 2), torch.randn(4, 2, 4)
    lstm.check_forward_args(x, state, None)
    modules = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    return (
        Standardized(3, 2, 3, padding=1, padding_mode="reflect")(image),
        Padded(2, 2, 3, padding=2)(torch.randn(1, 2, 6)),
        [list(nn.Conv2d(1, 1, 3, padding=p)._reversed_padding_repeated_twice) for p in ((1, 2), "same", "valid")],
        [Scaled(3, 1, 3, stride=2)(image, size) for size in (None, [12, 11], (2, 1, 11, 12))],
        error(lambda: Scaled(3, 1, 3, stride=2)(image, [13, 11])),
        error(lambda: nn.ConvTranspose2d(3, 1, 3, stride=2)(image, torch.Size([2, 1, 10, 11]))),
        Counted()(torch.ones(2), times=3),
        [list(lstm.get_expected_hidden_size(x, b)) for b in (None, sizes)],
        list(lstm.get_expected_cell_size(x, None)),
        lstm.permute_hidden(state, order),
        gru.permute_hidden(state[0], order),
        [error(lambda s=s: lstm.check_forward_args(x, s, None)) for s in (state[::-1], (state[0], state[0]))],
        error(lambda: gru.check_forward_args(x, state[0], None)),
        error(lambda: gru.check_input(x, sizes)),
        error(lambda: gru.check_input(x.double(), None)),
        error(lambda: gru.check_hidden_size(x, (1, 2, 4))),
        [modules._get_abs_string_index(i) for i in (0, -1)],
        error(lambda: modules._get_abs_string_index(2)),
        [nn.Module.call_super_init, nn.Module.dump_patches],
    )


def loaders_and_collations_built_on_others(torch):
    data = torch.utils.data

    class Repeated:
        def __init__(self, sampler):
            self.sampler = sampler

        def __iter__(self):
            while True:
                yield from self.sampler

    class Endless(data.DataLoader):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._DataLoader__initialized = False
            self.batch_sampler = Repeated(self.batch_sampler)
            self._DataLoader__initialized = True
            self.iterator = super().__iter__()

        def __len__(self):
            return len(self.batch_sampler.sampler)

        def __iter__(self):
            for _ in range(len(self)):
                yield next(self.iterator)

    def collate(memory):
        def call(batch):
            rows = [x for (x,) in batch]
            first, count = rows[0], sum(x.numel() for x in rows)
            out = first.new(memory(first, count)).resize_(len(rows), *first.shape)
            return torch.stack(rows, 0, out=out)

        return call

    memories = (
        lambda x, count: x.untyped_storage()._new_shared(count * x.element_size(), device=x.device),
        lambda x, count: x._typed_storage()._new_shared(count, device=x.device),
        lambda x, count: x.storage()._new_shared(count),
    )
    rows = data.TensorDataset(torch.arange(12.0).view(6, 2))
    torch.manual_seed(0)
    endless = Endless(rows, batch_size=2, shuffle=True)
    return (
        [[batch for (batch,) in endless] for _ in range(3)],
        [list(data.DataLoader(rows, 3, collate_fn=collate(memory))) for memory in memories],
        [error(lambda n=n: setattr(endless, n, 1)) for n in ("batch_size", "sampler", "dataset")],
        [torch.arange(4.0)[2:].view(kind).resize_(size) for kind, size in ((torch.int32, 1), (torch.int16, (2, 2)))],
    )


def causal_masks(torch):
    bias = sub(torch, "nn.attention.bias")
    torch.manual_seed(0)
    q, k, v = torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8), torch.randn(1, 2, 5, 8)
    masks = bias.causal_upper_left(3, 5), bias.causal_lower_right(3, 5)
    attend = torch.nn.functional.scaled_dot_product_attention
    return (
        [repr(mask) for mask in masks],
        [attend(q, k, v, attn_mask=mask) for mask in masks],
        [isinstance(mask, (bias.CausalBias, torch.Tensor)) for mask in masks],
        [(int(mask.variant), mask.seq_len_q, mask.seq_len_kv) for mask in masks],
        error(lambda: bias.causal_lower_right(3)),
        error(lambda: bias.CausalBias(1, 2, 3)),
        sub(torch, "utils.deterministic").fill_uninitialized_memory,
    )


def layouts_of_attention(torch):
    attention, randn = torch.nn.functional.scaled_dot_product_attention, torch.randn
    heads_last = randn(2, 5, 12).view(2, 5, 3, 4).transpose(1, 2).requires_grad_()
    q, k, v = (randn(2, 3, 5, 4, requires_grad=True) for _ in range(3))
    results = [
        attention(heads_last, k, v),
        attention(heads_last, k, v, torch.ones(5, 5).bool()),
        attention(heads_last, k, v, torch.zeros(3, 5, 5)),
        attention(heads_last, k, v, torch.zeros(5, 5, requires_grad=True)),
        attention(heads_last, k, v, dropout_p=0.5),
        attention(heads_last, k, randn(2, 3, 5, 7)),
        attention(heads_last, randn(2, 3, 4, 5).mT, v),
        attention(heads_last, k[:1], v[:1]),
        attention(heads_last, k[:, :1], v[:, :1]),
        attention(randn(2, 5, 6, 4).transpose(1, 2).requires_grad_(), k, v, enable_gqa=True),
        attention(q, k, v),
    ]
    module = torch.nn.MultiheadAttention(4, 2, batch_first=True)
    return (
        [(x.stride(), x.grad_fn.name()) for x in results],
        results[0].transpose(1, 2).view(2, 5, 12).shape,
        module(k[0], k[0], k[0], need_weights=False)[0].stride(),
    )


def statistics_that_do_not_fit(torch):
    norm, x, o = torch.nn.functional.batch_norm, torch.ones(2, 3, 4), torch.ones
    given = [(o(4), o(3), o(5), o(5)), (o(3), o(4), o(5), None), (o(3), o(3), None, o(5)), (None, o(5), o(4), None)]
    return [error(lambda a=a, t=t: norm(x, *a, training=t)) for a in given for t in (True, False)]


def names_of_readers_of_checkpoints(torch):
    serialization, storage = torch.serialization, torch.ones(2).untyped_storage()
    device = sub(torch, "utils._device")
    with device.DeviceContext("meta"):
        placed = torch.ones(2).device.type
    return (
        serialization.normalize_storage_type(torch.FloatStorage) is torch.FloatStorage,
        serialization.location_tag(storage),
        placed,
        device.CURRENT_DEVICE,
        torch.ones(2).device.type,
    )


def groups_of_processes_that_nobody_made(torch):
    distributed = torch.distributed
    return distributed.group.WORLD, distributed.GroupMember.WORLD, distributed.GroupMember.NON_GROUP_MEMBER


def names_of_libraries_of_distributions(torch):
    module, stubs = sub(torch, "distributions.multivariate_normal"), sub(torch, "quantization")
    torch.manual_seed(0)
    a, x = torch.randn(2, 3, 3).double(), torch.randn(2, 3).double()
    covariance = a @ a.mT + torch.eye(3).double()
    mixture = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(torch.tensor([[0.2, 0.8], [0.5, 0.5]])),
        torch.distributions.Independent(torch.distributions.Normal(torch.zeros(2, 2, 3), 1.0), 1),
    )
    quantized = torch.nn.Sequential(stubs.QuantStub(), torch.nn.Linear(2, 1), stubs.DeQuantStub())
    return (
        mixture._pad(torch.ones(2, 3)),
        mixture._pad_mixture_dimensions(torch.ones(2, 2)),
        module._batch_mv(covariance, x),
        module._batch_mahalanobis(torch.linalg.cholesky(covariance), x),
        module._precision_to_scale_tril(covariance),
        repr(quantized),
        quantized(torch.ones(1, 2)),
        [repr(torch.distributed.ReduceOp.SUM), str(torch.distributed.ReduceOp.AVG)],
    )


def hooks_on_everything(torch):
    module, optimizers = sub(torch, "nn.modules.module"), sub(torch, "optim.optimizer")
    torch.manual_seed(0)
    model, calls = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh()), []
    name = {m: n for n, m in model.named_modules()}.get
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    x = torch.ones(1, 2, requires_grad=True)

    def run():
        model(x).sum().backward()
        optimizer.step()
        calls.append("end")

    handles = [
        module.register_module_forward_pre_hook(lambda m, args: calls.append(("before", name(m)))),
        module.register_module_forward_hook(lambda m, args, y: y * 2 if name(m) == "0" else None),
        module.register_module_forward_hook(lambda m, a, k, y: calls.append(("after", name(m), k)), with_kwargs=True),
        module.register_module_full_backward_pre_hook(lambda m, g: calls.append(("backward", name(m), g[0].clone()))),
        module.register_module_full_backward_hook(lambda m, i, o: calls.append(("done", name(m), i[0].clone()))),
        model[0].register_forward_hook(lambda m, args, y: calls.append("own")),
        optimizers.register_optimizer_step_pre_hook(lambda o, args, kwargs: calls.append(("step", len(args)))),
        optimizers.register_optimizer_step_post_hook(lambda o, args, kwargs: calls.append("stepped")),
    ]
    try:
        run()
        wrong = error(lambda: module.register_module_backward_hook(print))
    finally:
        for handle in handles:
            handle.remove()
    run()
    return calls, wrong, x.grad, model[0].weight


USAGES = {
    f.__name__: f
    for f in (
        names_of_copied_losses_and_fillings,
        names_of_copied_attention,
        names_of_copied_layers,
        copied_optimizer,
        copied_scheduler,
        hooks_on_everything,
        causal_masks,
        layers_built_on_others,
        loaders_and_collations_built_on_others,
        layouts_of_attention,
        statistics_that_do_not_fit,
        names_of_readers_of_checkpoints,
        groups_of_processes_that_nobody_made,
        names_of_libraries_of_distributions,
    )
}

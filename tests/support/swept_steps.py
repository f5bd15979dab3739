"""Training steps of many kinds: each a function without arguments that gives `(step, owners, batch)`."""

import numpy as np

import funcgrad.torch as torch

nn, F, optim = torch.nn, torch.nn.functional, torch.optim
STEPS = {}


def swept(build):
    STEPS[build.__name__] = build
    return build


def data(*shapes, seed=0):
    """Arrays from N(0, 1), float32."""
    draw = np.random.default_rng(seed)
    return [draw.standard_normal(shape).astype(np.float32) for shape in shapes]


def classes(count, upto, seed=1):
    return np.random.default_rng(seed).integers(0, upto, count)


def mlp(*, inputs=3, hidden=4, outputs=1):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, outputs))


def regression(model, optimizer, **others):
    """The plainest step, with whatever else it owns."""

    def step(x, y):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer, **others}, data((6, 3), (6, 1))


# Several losses, models and optimizers.


@swept
def gan():
    """Two networks against each other; the generator's loss leaves gradients in the discriminator."""
    generator, critic = mlp(inputs=2, outputs=3), mlp()
    of_generator, of_critic = optim.Adam(generator.parameters(), 1e-3), optim.Adam(critic.parameters(), 1e-3)

    def step(real, noise):
        of_critic.zero_grad()
        fake = generator(noise)
        right, wrong = critic(real), critic(fake.detach())
        loss = F.binary_cross_entropy_with_logits(right, torch.ones_like(right))
        loss = loss + F.binary_cross_entropy_with_logits(wrong, torch.zeros_like(wrong))
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        fooled = critic(fake)
        trick = F.binary_cross_entropy_with_logits(fooled, torch.ones_like(fooled))
        trick.backward()
        of_generator.step()
        return {"critic": loss.detach(), "generator": trick.detach(), "none": None}

    owners = {"generator": generator, "critic": critic, "of_generator": of_generator, "of_critic": of_critic}
    return step, owners, data((6, 3), (6, 2))


@swept
def gradient_penalty():
    """WGAN-GP: the norm of a gradient is part of the loss."""
    critic = mlp()
    optimizer = optim.RMSprop(critic.parameters(), 1e-2)

    def step(real, fake, mix):
        optimizer.zero_grad()
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        loss.backward()
        optimizer.step()
        return loss, penalty

    return step, {"critic": critic, "optimizer": optimizer}, data((6, 3), (6, 3), (6, 1))


@swept
def sharpness_aware():
    """SAM: two gradients a step, the second one a little uphill."""
    model = mlp()
    optimizer = optim.SGD(model.parameters(), 0.1, momentum=0.9)

    def step(x, y):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        with torch.no_grad():
            norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
            climbed = [p.grad * (0.05 / (norm + 1e-12)) for p in model.parameters()]
            for p, by in zip(model.parameters(), climbed, strict=True):
                p.add_(by)
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        with torch.no_grad():
            for p, by in zip(model.parameters(), climbed, strict=True):
                p.sub_(by)
        optimizer.step()
        optimizer.zero_grad()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


@swept
def two_backwards_of_one_graph():
    model = mlp(outputs=2)
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x):
        optimizer.zero_grad()
        first, second = model(x).unbind(1)
        a, b = first.pow(2).mean(), second.abs().mean()
        a.backward(retain_graph=True)
        b.backward()
        optimizer.step()
        return [a, b]

    return step, {"model": model, "optimizer": optimizer}, data((6, 3))


@swept
def two_optimizers_of_one_model():
    """Alternating updates of two parts, with a learning rate each."""
    model = nn.ModuleDict({"body": nn.Linear(3, 4), "head": nn.Linear(4, 1)})
    slow, fast = optim.Adam(model["body"].parameters(), 1e-3), optim.SGD(model["head"].parameters(), 0.1)
    rates = {"a": optim.lr_scheduler.ExponentialLR(slow, 0.9), "b": optim.lr_scheduler.StepLR(fast, 1, 0.5)}

    def step(x, y):
        for optimizer in (slow, fast):
            optimizer.zero_grad()
        loss = F.smooth_l1_loss(model["head"](model["body"](x).relu()), y)
        loss.backward()
        for part in (slow, fast, *rates.values()):
            part.step()
        return loss

    return step, {"model": model, "slow": slow, "fast": fast, **rates}, data((6, 3), (6, 1))


@swept
def groups_with_and_without_decay():
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 1))
    wide = [p for p in model.parameters() if p.ndim > 1]
    thin = [p for p in model.parameters() if p.ndim < 2]
    optimizer = optim.AdamW([{"params": wide, "weight_decay": 0.1}, {"params": thin, "weight_decay": 0.0}], lr=0.01)
    return regression(model, optimizer)


@swept
def distillation():
    """A frozen teacher in eval mode, a student in training mode."""
    teacher = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 5)).eval().requires_grad_(False)
    student = nn.Linear(3, 5)
    optimizer = optim.SGD(student.parameters(), 0.5)

    def step(x):
        optimizer.zero_grad()
        with torch.no_grad():
            wanted = F.softmax(teacher(x) / 2, dim=-1)
        loss = F.kl_div(F.log_softmax(student(x) / 2, dim=-1), wanted, reduction="batchmean") * 4
        loss.backward()
        optimizer.step()
        return loss

    return step, {"teacher": teacher, "student": student, "optimizer": optimizer}, data((6, 3))


@swept
def meta_learning():
    """MAML: a gradient through an update."""
    model = mlp()
    optimizer = optim.Adam(model.parameters(), 1e-2)

    def step(x, y, later_x, later_y):
        parameters = dict(model.named_parameters())
        loss = F.mse_loss(torch.func.functional_call(model, parameters, (x,)), y)
        grads = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        moved = {n: p - 0.1 * g for (n, p), g in zip(parameters.items(), grads, strict=True)}
        optimizer.zero_grad()
        after = F.mse_loss(torch.func.functional_call(model, moved, (later_x,)), later_y)
        after.backward()
        optimizer.step()
        return {"before": loss.detach(), "after": after.detach()}

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1), (6, 3), (6, 1))


# What changes parameters and gradients besides optimizers.


@swept
def update_by_hand():
    model = mlp()

    def step(x, y):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
                p.grad = None
        return loss

    return step, {"model": model}, data((6, 3), (6, 1))


@swept
def update_through_data():
    model = mlp()

    def step(x, y):
        model.zero_grad(set_to_none=False)
        loss = F.mse_loss(model(x), y)
        loss.backward()
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad.data.sign()
        return loss

    return step, {"model": model}, data((6, 3), (6, 1))


@swept
def gradients_that_stay():
    model = mlp()
    optimizer = optim.SGD(model.parameters(), 0.01)

    def step(x, y):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


@swept
def clipped_by_value_then_by_another_norm():
    model = mlp()
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad(set_to_none=False)
        F.mse_loss(model(x), y).backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.05)
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.1, norm_type=float("inf"))
        optimizer.step()
        return norm

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


@swept
def hooks_on_tensors_and_modules():
    model = mlp()
    seen = []
    model[0].weight.register_hook(lambda g: g.clamp(-0.01, 0.01))
    model[1].register_forward_hook(lambda module, x, y: y * 2)
    model[2].register_full_backward_hook(lambda module, gi, go: (gi[0] * 0.5,))
    model[2].register_forward_pre_hook(lambda module, x: seen.append(1))
    step, owners, batch = regression(model, optim.SGD(model.parameters(), 0.1))
    return step, owners, batch


@swept
def optimizer_in_the_backward_pass():
    """Each parameter is updated as soon as its gradient is there."""
    model = mlp()
    optimizers = {p: optim.Adam([p], 1e-2) for p in model.parameters()}

    def update(p):
        optimizers[p].step()
        optimizers[p].zero_grad()

    for p in model.parameters():
        p.register_post_accumulate_grad_hook(update)

    def step(x, y):
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    owners = {"model": model} | {f"optimizer_{k}": x for k, x in enumerate(optimizers.values())}
    return step, owners, data((6, 3), (6, 1))


@swept
def partly_frozen():
    model = mlp()
    model[0].requires_grad_(False)
    return regression(model, optim.Adam([p for p in model.parameters() if p.requires_grad], 1e-2))


@swept
def with_a_closure():
    model = mlp()
    optimizer = optim.Adam(model.parameters(), 1e-2)

    def step(x, y):
        def closure():
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            return loss

        return optimizer.step(closure)

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


class Lion(optim.Optimizer):
    """An optimizer of a user's."""

    def __init__(self, params, lr=1e-2, beta=0.9):
        super().__init__(params, {"lr": lr, "beta": beta})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["average"] = torch.zeros_like(p)
                state["average"].mul_(group["beta"]).add_(p.grad, alpha=1 - group["beta"])
                p.add_(state["average"].sign(), alpha=-group["lr"])


@swept
def an_optimizer_of_the_users():
    model = mlp()
    return regression(model, Lion(model.parameters()))


@swept
def average_by_hand():
    """An exponential moving average, as a second model."""
    model, average = mlp(), mlp()
    average.load_state_dict(model.state_dict())
    train, owners, batch = regression(model, optim.SGD(model.parameters(), 0.1))

    def step(x, y):
        loss = train(x, y)
        with torch.no_grad():
            for mean, p in zip(average.parameters(), model.parameters(), strict=True):
                mean.lerp_(p, 0.1)
        return loss

    return step, owners | {"average": average}, batch


# State of modules.


@swept
def running_statistics():
    model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.BatchNorm1d(2, momentum=0.3), nn.Flatten(), nn.Linear(4, 1))
    step, owners, (x, y) = regression(model, optim.SGD(model.parameters(), 0.05, momentum=0.5))
    return step, owners, [x[:, None], y]


@swept
def statistics_of_instances():
    model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.InstanceNorm1d(2, affine=True, track_running_stats=True), nn.Flatten())
    model.append(nn.Linear(4, 1))
    step, owners, (x, y) = regression(model, optim.SGD(model.parameters(), 0.05))
    return step, owners, [x[:, None], y]


@swept
def spectral_norms():
    """Power iteration changes buffers in the forward pass."""
    model = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)), nn.Tanh(), nn.Linear(4, 1))
    model[2] = nn.utils.parametrizations.weight_norm(model[2])
    return regression(model, optim.SGD(model.parameters(), 0.1))


class Remembering(nn.Module):
    """A recurrent network that goes on where the last batch ended."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)
        self.register_buffer("hidden", torch.zeros(1, 2, 4))

    def forward(self, x):
        y, hidden = self.cell(x, self.hidden)
        self.hidden = hidden.detach()
        return self.head(y)


@swept
def hidden_state_that_stays():
    model = Remembering()
    step, owners, _ = regression(model, optim.Adam(model.parameters(), 1e-2))
    return step, owners, data((2, 5, 3), (2, 5, 1))


class Queue(nn.Module):
    """MoCo's queue of keys, with a pointer that stays a tensor."""

    def __init__(self):
        super().__init__()
        self.query, self.key = nn.Linear(3, 4), nn.Linear(3, 4).requires_grad_(False)
        self.register_buffer("queue", F.normalize(torch.ones(8, 4) * torch.arange(1.0, 5.0), dim=1))
        self.register_buffer("pointer", torch.zeros((), dtype=torch.long))

    def forward(self, x, y):
        with torch.no_grad():
            for p, q in zip(self.key.parameters(), self.query.parameters(), strict=True):
                p.mul_(0.99).add_(q, alpha=0.01)
            keys = F.normalize(self.key(y), dim=1)
        queries = F.normalize(self.query(x), dim=1)
        right, wrong = (queries * keys).sum(1, keepdim=True), queries @ self.queue.clone().T
        loss = F.cross_entropy(torch.cat([right, wrong], 1) / 0.2, torch.zeros(len(x), dtype=torch.long))
        with torch.no_grad():
            self.queue[(self.pointer + torch.arange(len(x))) % 8] = keys
            self.pointer.add_(len(x)).remainder_(8)
        return loss


@swept
def queue_of_keys():
    model = Queue()
    optimizer = optim.SGD(model.query.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = model(x, y)
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((3, 3), (3, 3))


@swept
def tied_and_nested():
    """Shared weights, a list of parameters, modules in modules."""

    class Inner(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(7, 4, padding_idx=0)
            self.scales = nn.ParameterList([nn.Parameter(torch.ones(4) * k) for k in (1, 2)])

        def forward(self, x):
            return self.table(x) * self.scales[0] + self.scales[1]

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleDict({"inner": Inner()})
            self.head = nn.Linear(4, 7, bias=False)
            self.head.weight = self.parts["inner"].table.weight

        def forward(self, x):
            return self.head(self.parts["inner"](x))

    model = Outer()
    optimizer = optim.Adagrad(model.parameters(), 0.1)

    def step(tokens):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten(), label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, [classes((3, 5), 7)]


@swept
def embeddings_that_are_kept_short():
    """`max_norm` changes the weight in the forward pass."""
    model = nn.Sequential(nn.Embedding(7, 4, max_norm=0.5), nn.Flatten(), nn.Linear(8, 1))
    step, owners, _ = regression(model, optim.SGD(model.parameters(), 0.1))
    return step, owners, [classes((6, 2), 7), *data((6, 1))]


# Precision, memory, arguments and results.


@swept
def scaler_of_two_optimizers():
    first, second = mlp(), mlp()
    optimizers = optim.SGD(first.parameters(), 0.1), optim.Adam(second.parameters(), 1e-2)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)

    def step(x, y):
        for optimizer in optimizers:
            optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.mse_loss(first(x) + second(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizers[0])
        nn.utils.clip_grad_norm_(first.parameters(), 0.5)
        for optimizer in optimizers:
            scaler.step(optimizer)
        scaler.update()
        return loss

    owners = {"first": first, "second": second, "a": optimizers[0], "b": optimizers[1], "scaler": scaler}
    return step, owners, data((6, 3), (6, 1))


@swept
def checkpointed_with_dropout():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1))
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.mse_loss(torch.utils.checkpoint.checkpoint(model, x, use_reentrant=False), y)
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


class Trainer:
    """A step that is a method, and takes its batch as a dictionary."""

    def __init__(self):
        self.model = mlp()
        self.optimizer = optim.NAdam(self.model.parameters(), 1e-2)

    def step(self, batch, weight=2.0):
        loss = (weight * F.mse_loss(self.model(batch["x"]), batch["pair"][1], reduction="none")).mean()
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        return {"loss": loss.detach(), "more": (batch["x"].mean(), [batch["pair"][0]])}


@swept
def method_and_dictionary():
    trainer = Trainer()
    x, y, z = data((6, 3), (6, 1), (2,))
    return trainer.step, {"model": trainer.model, "optimizer": trainer.optimizer}, [{"x": x, "pair": (z, y)}]


@swept
def windows_of_micro_batches():
    model = mlp()
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(xs, ys):
        optimizer.zero_grad()
        losses = [F.mse_loss(model(x), y) / len(xs) for x, y in zip(xs, ys, strict=True)]
        for loss in losses:
            loss.backward()
        optimizer.step()
        return torch.stack(losses).sum()

    return step, {"model": model, "optimizer": optimizer}, data((3, 4, 3), (3, 4, 1))


@swept
def q_learning():
    """Values that are picked, a target network that follows softly."""
    online, target = mlp(outputs=2), mlp(outputs=2)
    optimizer = optim.AdamW(online.parameters(), 1e-2, amsgrad=True)

    def step(state, action, reward, following, is_last):
        with torch.no_grad():
            best = target(following).max(1).values
            wanted = reward + 0.9 * torch.where(is_last, torch.zeros_like(best), best)
        loss = F.smooth_l1_loss(online(state).gather(1, action[:, None]).squeeze(1), wanted)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(online.parameters(), 1.0)
        optimizer.step()
        new, old = online.state_dict(), target.state_dict()
        target.load_state_dict({name: 0.1 * new[name] + 0.9 * old[name] for name in old})
        return loss

    state, reward, following = data((5, 3), (5,), (5, 3))
    batch = [state, classes(5, 2), reward, following, np.array([0, 1, 0, 0, 1], bool)]
    return step, {"online": online, "target": target, "optimizer": optimizer}, batch


# Random numbers.


@swept
def variational():
    """A draw of `randn_like`, moved by what is learned."""
    encoder, decoder = nn.Linear(8, 6), nn.Linear(3, 8)
    optimizer = optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-2)

    def step(x):
        optimizer.zero_grad()
        mean, spread = encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(spread) * (0.5 * spread).exp()
        loss = F.mse_loss(decoder(z), x) - 0.5 * (1 + spread - mean.pow(2) - spread.exp()).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step, {"encoder": encoder, "decoder": decoder, "optimizer": optimizer}, data((6, 8))


@swept
def diffusion():
    """Random times and random noise."""
    model = nn.Linear(4, 3)
    optimizer = optim.Adam(model.parameters(), 1e-2)
    kept = torch.linspace(0.99, 0.1, 10)

    def step(x):
        t = torch.randint(0, 10, (len(x),))
        noise, a = torch.randn(x.shape), kept[t][:, None]
        noisy = a.sqrt() * x + (1 - a).sqrt() * noise
        loss = F.mse_loss(model(torch.cat([noisy, t[:, None] / 10], 1)), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3))


@swept
def mixed_up():
    """Mixup with a random partner, random erasing, label noise, dropout after them."""
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.3), nn.Linear(8, 4))
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        order, share = torch.randperm(len(x)), torch.rand(())
        mixed = share * x + (1 - share) * x[order]
        mixed = mixed * torch.bernoulli(torch.full_like(mixed, 0.8)) + torch.empty_like(mixed).uniform_(-0.1, 0.1)
        scores = model(mixed)
        loss = share * F.cross_entropy(scores, y) + (1 - share) * F.cross_entropy(scores, y[order])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, [*data((6, 3)), classes(6, 4)]


@swept
def few_normals():
    """Fewer than 16 at a time: the second of a pair waits for the next step."""
    model = mlp()
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x + 0.1 * torch.randn(3)), y)
        loss.backward()
        for p in model.parameters():
            p.grad.add_(torch.empty(2).normal_(0, 0.01).sum())
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3), (6, 1))


@swept
def gumbel():
    model = nn.Linear(3, 4)
    optimizer = optim.SGD(model.parameters(), 0.1)

    def step(x):
        optimizer.zero_grad()
        noise = -torch.empty(len(x), 4).exponential_().log()
        loss = (F.softmax((model(x) + noise) / 0.5, dim=1) * torch.arange(4.0)).sum()
        loss.backward()
        optimizer.step()
        return loss

    return step, {"model": model, "optimizer": optimizer}, data((6, 3))

"""The training steps of `scripts/`, written by hand with JAX and optax: `python by_hand.py gpt_plain`.

Sizes, numbers of steps and printed lines are those of the PyTorch script of the same name; the first weights are not.
"""

import sys
from functools import partial
from itertools import count, pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax

DRAW = np.random.default_rng(0)


def normal(*shape, scale=1.0):
    return jnp.asarray(DRAW.standard_normal(shape) * scale, jnp.float32)


def labels(*shape, classes=10):
    return jnp.asarray(DRAW.integers(0, classes, shape))


def dense(inputs, outputs):
    return {"w": normal(inputs, outputs, scale=inputs**-0.5), "b": jnp.zeros(outputs)}


def linear(layer, x):
    return x @ layer["w"] + layer["b"]


def cross_entropy(logits, targets):
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()


def train(loss_fn, params, optimizer, batches, steps, every, aux=None, looked_at=False):
    """The loop: one donated, compiled step; `aux` is state that the loss returns anew."""
    state = optimizer.init(params)

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(params, state, aux, batch):
        (loss, aux), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, aux, batch)
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, aux, loss

    for k, batch in zip(range(steps), batches, strict=False):
        params, state, aux, loss = step(params, state, aux, batch)
        if looked_at or k % every == 0:
            seen = float(loss)
        if k % every == 0:
            print(k, seen)


def plain(loss):
    """A loss without further state."""
    return lambda params, aux, batch: (loss(params, *batch), aux)


def repeated(*batch):
    return (batch for _ in count())


def sliced(size, *arrays):
    """Batches as slices, from the start again after the last."""
    return (tuple(a[k * size % len(a) :][:size] for a in arrays) for k in count())


def squared_error(params, x, y):
    return jnp.mean((linear(params, x) - y) ** 2)


def tiny_linear():
    batches = ((x, x) for x in (DRAW.standard_normal(1).astype(np.float32) for _ in count()))
    train(plain(squared_error), dense(1, 1), optax.sgd(1e-4), batches, 10001, 500)


def sgd_momentum():
    optimizer = optax.chain(optax.add_decayed_weights(1e-4), optax.sgd(0.01, momentum=0.9, nesterov=True))
    train(plain(squared_error), dense(10, 1), optimizer, repeated(normal(16, 10), normal(16, 1)), 10001, 500)


def two_layer():
    def loss(params, x, y):
        return jnp.sum((jax.nn.relu(x @ params[0]) @ params[1] - y) ** 2)

    params = [normal(1000, 100), normal(100, 10)]
    train(plain(loss), params, optax.sgd(2e-8), repeated(normal(64, 1000), normal(64, 10)), 4001, 200)


def perceptron(params, x):
    for layer in params[:-1]:
        x = jax.nn.relu(linear(layer, x))
    return linear(params[-1], x)


def classify(params, x, y):
    return cross_entropy(perceptron(params, x), y)


def layers(*sizes):
    return [dense(a, b) for a, b in pairwise(sizes)]


def mlp_digits():
    from sklearn.datasets import load_digits  # here: only this script needs it

    data, target = load_digits(return_X_y=True)
    data = (data / 16).astype(np.float32)
    orders = (order[:1792].reshape(28, 64) for order in (DRAW.permutation(1797) for _ in count()))
    batches = ((data[k], target[k]) for order in orders for k in order)
    train(plain(classify), layers(64, 128, 64, 10), optax.adam(1e-3), batches, 2520, 60)


def item_every_step():
    batches = sliced(128, normal(1024, 784), labels(1024))
    train(plain(classify), layers(784, 256, 10), optax.sgd(0.05), batches, 2001, 50, looked_at=True)


def batch_sizes():
    made = [(normal(size, 64), labels(size)) for size in (16, 24, 32, 48, 64)]
    train(plain(classify), layers(64, 128, 64, 10), optax.adam(1e-4), (made[k % 5] for k in count()), 12001, 300)


def accumulation():
    def loss(params, x, y):
        return jnp.mean(jax.lax.map(lambda part: classify(params, *part), (x.reshape(8, 16, 64), y.reshape(8, 16))))

    batches = sliced(128, normal(1024, 64), labels(1024))
    train(plain(loss), layers(64, 128, 64, 10), optax.adam(1e-4), batches, 1200, 30)


def many_layers():
    def loss(params, x, y):
        for layer in params:
            x = jnp.tanh(linear(layer, x))
        return jnp.mean((x - y) ** 2)

    batches = repeated(normal(16, 8), normal(16, 8))
    train(plain(loss), layers(*[8] * 201), optax.adam(1e-4), batches, 801, 10)


def convolution(kernel, x, stride=1):
    pad = kernel.shape[0] // 2
    dims = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(x, kernel, (stride, stride), [(pad, pad)] * 2, dimension_numbers=dims)


def kernel(inputs, outputs, size=3):
    return {
        "k": normal(size, size, inputs, outputs, scale=(inputs * size * size) ** -0.5),
        "gain": jnp.ones(outputs),
        "bias": jnp.zeros(outputs),
    }


def normalized(layer, x, statistics, stride=1):
    """A convolution and its batch normalization; the running statistics go through `statistics`."""
    x = convolution(layer["k"], x, stride)
    mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
    old_mean, old_var = next(statistics["old"])
    statistics["new"].append((0.9 * old_mean + 0.1 * mean, 0.9 * old_var + 0.1 * var))
    return (x - mean) * jax.lax.rsqrt(var + 1e-5) * layer["gain"] + layer["bias"]


def running(*channels):
    return [(jnp.zeros(c), jnp.ones(c)) for c in channels]


def dropout(key, rate, x):
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def cnn():
    def loss(params, aux, batch):
        key, old = aux
        key, first, second = jax.random.split(key, 3)
        statistics = {"old": iter(old), "new": []}
        x, y = batch
        for layer in params["convolutions"]:
            x = jax.nn.relu(normalized(layer, x, statistics))
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))
        x = dropout(first, 0.25, x.reshape(len(x), -1))
        x = dropout(second, 0.5, jax.nn.relu(linear(params["hidden"], x)))
        return cross_entropy(linear(params["out"], x), y), (key, statistics["new"])

    params = {
        "convolutions": [kernel(1, 32), kernel(32, 64)],
        "hidden": dense(64 * 7 * 7, 128),
        "out": dense(128, 10),
    }
    batches = sliced(64, normal(512, 28, 28, 1), labels(512))
    train(loss, params, optax.sgd(0.01, momentum=0.9), batches, 49, 3, aux=(jax.random.key(0), running(32, 64)))


BLOCKS = ((16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1))


def residual_cnn():
    def loss(params, old, batch):
        statistics = {"old": iter(old), "new": []}
        x, y = batch
        x = jax.nn.relu(normalized(params["stem"], x, statistics))
        for block, (_, _, stride) in zip(params["blocks"], BLOCKS, strict=True):
            short = normalized(block["short"], x, statistics, stride) if "short" in block else x
            x = jax.nn.relu(normalized(block["a"], x, statistics, stride))
            x = jax.nn.relu(normalized(block["b"], x, statistics) + short)
        targets = optax.smooth_labels(jax.nn.one_hot(y, 10), 0.1)
        return optax.softmax_cross_entropy(linear(params["out"], x.mean((1, 2))), targets).mean(), statistics["new"]

    blocks = [
        {"a": kernel(a, b), "b": kernel(b, b)} | ({"short": kernel(a, b, 1)} if a != b else {}) for a, b, _ in BLOCKS
    ]
    channels = [16] + [b for a, b, _ in BLOCKS for _ in range(3 if a != b else 2)]
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(optax.cosine_onecycle_schedule(40, 3e-4), weight_decay=0.01)
    )
    params = {"stem": kernel(3, 16), "blocks": blocks, "out": dense(64, 10)}
    train(loss, params, optimizer, sliced(32, normal(256, 32, 32, 3), labels(256)), 33, 2, aux=running(*channels))


def lstm(layer, x, state):
    """One layer over a batch of sequences."""

    def cell(state, gates):
        h, c = state
        i, f, g, o = jnp.split(gates + h @ layer["h"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    state, out = jax.lax.scan(cell, state, linear(layer, x).swapaxes(0, 1))
    return out.swapaxes(0, 1), state


def lstm_char():
    def loss(params, states, batch):
        x, new = params["embed"][batch[0]], []
        for layer, state in zip(params["lstm"], states, strict=True):
            x, state = lstm(layer, x, state)
            new.append(state)
        return cross_entropy(linear(params["out"], x), batch[1]), new

    data = DRAW.integers(0, 29, (32, 1050))
    starts = (k * 32 % (1050 - 32) for k in count())
    batches = ((data[:, s : s + 32], data[:, s + 1 : s + 33]) for s in starts)
    recurrent = [dense(n, 512) | {"h": normal(128, 512, scale=0.09)} for n in (64, 128)]
    params = {"embed": normal(29, 64), "lstm": recurrent, "out": dense(128, 29)}
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(2e-3))
    states = [(jnp.zeros((32, 128)), jnp.zeros((32, 128))) for _ in range(2)]
    train(loss, params, optimizer, batches, 141, 5, aux=states)


def written_out(q, k, v):
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[-1] ** -0.5
    scores = jnp.where(jnp.tril(jnp.ones(scores.shape[-2:], bool)), scores, -jnp.inf)
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)


def layer_norm(layer, x):
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(var + 1e-5) * layer["gain"] + layer["bias"]


def gpt(attention):
    def loss(params, x, y):
        x = params["wte"][x] + params["wpe"]
        for block in params["blocks"]:
            q, k, v = jnp.split(linear(block["qkv"], layer_norm(block["ln_1"], x)), 3, axis=-1)
            heads = (part.reshape(16, 64, 4, 32) for part in (q, k, v))
            x = x + linear(block["proj"], attention(*heads).reshape(16, 64, 128))
            hidden = jax.nn.gelu(linear(block["up"], layer_norm(block["ln_2"], x)), approximate=False)
            x = x + linear(block["down"], hidden)
        return cross_entropy(layer_norm(params["ln_f"], x) @ params["head"], y)

    def block():
        sizes = {"qkv": (128, 384), "proj": (128, 128), "up": (128, 512), "down": (512, 128)}
        return {name: dense(*size) for name, size in sizes.items()} | {"ln_1": norm(), "ln_2": norm()}

    def norm():
        return {"gain": jnp.ones(128), "bias": jnp.zeros(128)}

    def batches():
        data = DRAW.integers(0, 25, 17000)
        while True:
            places = DRAW.integers(0, len(data) - 64, (16, 1)) + np.arange(64)
            yield data[places], data[places + 1]

    params = {"wte": normal(25, 128), "wpe": normal(64, 128), "blocks": [block() for _ in range(4)], "ln_f": norm()}
    params["head"] = normal(128, 25, scale=0.09)
    train(plain(loss), params, optax.adamw(1e-3, b2=0.95, weight_decay=0.01), batches(), 49, 3)


LOOPS = {
    loop.__name__: loop
    for loop in (
        *(tiny_linear, two_layer, sgd_momentum, mlp_digits, cnn, lstm_char, residual_cnn, accumulation, many_layers),
        *(item_every_step, batch_sizes),
    )
} | {
    "gpt_plain": partial(gpt, written_out),
    "gpt_sdpa": partial(gpt, partial(jax.nn.dot_product_attention, is_causal=True)),
}

if __name__ == "__main__":
    LOOPS[sys.argv[1]]()

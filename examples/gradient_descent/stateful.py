"""Gradient descent: the cost of one weight, its slope, three learning rates, and then two parameters with SGD.

Runs unchanged on PyTorch and on JAX:
    python examples/gradient_descent/stateful.py [--out curve.png]
    funcgrad run examples/gradient_descent/stateful.py [--out curve.png]
"""

import argparse

import torch
from picture import draw

X = torch.tensor([1.0, 2.0, 3.0])
Y = torch.tensor([1.0, 2.0, 3.0])
RATES = (0.25, 0.05, 0.001)  # too high, about right, too low
SHOWN = (0, 1, 2, 3, 5, 10)


# Mistake of the post: it uses W, b and cost undefined, a NameError. This is the hypothesis that its text describes.
def cost(W, b=0.0):
    return torch.mean((W * X + b - Y) ** 2)


def cost_and_slope(w):
    W = torch.tensor([w], requires_grad=True)
    value = cost(W)
    value.backward()
    return value.item(), W.grad.item()


def descend(lr, steps):
    """W alone, before the first iteration and after each one."""
    W = torch.zeros(1, requires_grad=True)
    path = [W.item()]
    for _ in range(steps):
        cost(W).backward()
        with torch.no_grad():
            W -= lr * W.grad
        W.grad = None  # mistake of the post: not "to get a new gradient", which comes anyway and is added to the old
        path.append(W.item())
    return path


def train(steps):
    """W, b and the cost at every 200th iteration."""
    W = torch.zeros(1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([W, b], lr=0.01)
    for step in range(steps + 1):
        loss = cost(W, b)
        if step % 200 == 0:
            print(f"{step:9d}{W.item():10.4f}{b.item():10.4f}{loss.item():10.4f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main(steps=1000, out=None):
    print("        W      cost     slope")
    for w in (-1.0, 0.0, 1.0, 2.0, 3.0):
        value, slope = cost_and_slope(w)
        print(f"{w:9g}{value:10.4f}{slope:10.4f}")

    print(f"\n{'W after':9}" + "".join(f"{step:10d}" for step in SHOWN))
    paths = {lr: descend(lr, SHOWN[-1]) for lr in RATES}
    for lr, path in paths.items():
        print(f"{f'lr={lr:g}':9}" + "".join(f"{path[step]:10.4g}" for step in SHOWN))

    print("\niteration         W         b      cost")
    final = train(steps)

    if out:
        grid = torch.linspace(-2.25, 4.25, 66).tolist()
        draw(
            out,
            curve=[(w, cost(torch.tensor(w)).item()) for w in grid],
            tangents=[(w, *cost_and_slope(w)) for w in (-1.0, 0.0, 1.0, 2.0, 3.0)],
            paths={lr: [(w, cost(torch.tensor(w)).item()) for w in path] for lr, path in paths.items()},
        )
    return {"cost": final, **{f"lr={lr:g}": path[-1] for lr, path in paths.items()}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", help="draw the cost curve, its tangents and the three learning rates into this PNG")
    main(out=parser.parse_args().out)

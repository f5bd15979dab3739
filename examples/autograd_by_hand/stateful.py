"""Autograd by hand: two layers, the update written out, `no_grad` around it and `grad.zero_()` after it.

Runs unchanged on PyTorch and on JAX:
    python examples/autograd_by_hand/stateful.py
    funcgrad run examples/autograd_by_hand/stateful.py
"""

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCH, INPUT, HIDDEN, OUTPUT = 64, 1000, 100, 10
LEARNING_RATE = 1e-6
EVERY = 100


def train(steps, clear=True):
    """The loss at every hundredth iteration."""
    torch.manual_seed(0)
    x = torch.randn(BATCH, INPUT, device=DEVICE)
    y = torch.randn(BATCH, OUTPUT, device=DEVICE)
    # Mistake of the post: it also gives w1 the shape (1000, 10). Only this one fits w2, that of the hidden layer.
    w1 = torch.randn(INPUT, HIDDEN, device=DEVICE, requires_grad=True)
    w2 = torch.randn(HIDDEN, OUTPUT, device=DEVICE, requires_grad=True)

    losses = []
    for t in range(1, steps + 1):
        y_pred = x.mm(w1).clamp(min=0).mm(w2)
        loss = (y_pred - y).pow(2).sum()
        if t % EVERY == 0:
            losses.append(loss.item())

        loss.backward()
        # Mistake of the post: no_grad is to "fix the gradient value". It keeps the update out of the graph: without it
        # `w1 -= ...` is a RuntimeError, and `w1 = w1 - ...` makes w1 a result, whose .grad stays None from then on.
        with torch.no_grad():
            w1 -= LEARNING_RATE * w1.grad
            w2 -= LEARNING_RATE * w2.grad
            if clear:
                w1.grad.zero_()
                w2.grad.zero_()
    return losses


def main(steps=500):
    cleared, never_cleared = train(steps), train(steps, clear=False)
    print("iteration    grad.zero_()   never cleared")
    for index, (loss, summed) in enumerate(zip(cleared, never_cleared, strict=True), start=1):
        print(f"{index * EVERY:9d}{loss:16.2f}{summed:16.2g}")  # float32 promises no more digits
    return {"cleared_at_100": cleared[0], "never_cleared": never_cleared[-1]}


if __name__ == "__main__":
    main()

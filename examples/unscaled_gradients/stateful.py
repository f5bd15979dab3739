"""Unscaled gradients: what `A.grad` holds, who else sees it change, and what "unscaled" means under a loss scale.

Runs unchanged on PyTorch and on JAX:
    python examples/unscaled_gradients/stateful.py
    funcgrad run examples/unscaled_gradients/stateful.py
"""

import torch

TINY = 1e-8  # the true gradient of the last part: float16 has nothing between 0 and 6e-8


def accumulate(steps):
    """`A.grad` after each backward, beside the alias and the copy that were taken after the first one."""
    A = torch.tensor([5.0], requires_grad=True)  # mistake of the post: require_grad=True, a TypeError
    rows = []
    for step in range(steps):
        loss = A * 5  # mistake of the post: it calls this tensor a loss_function
        loss.backward()  # without arguments only because the loss has one element
        if step == 0:
            unscaled_grad = A.grad  # mistake of the post: this keeps the tensor, not its value
            copy = A.grad.clone()
        rows.append((A.grad.item(), unscaled_grad.item(), copy.item()))
    return rows


def two_elements():
    """The gradient of each of two elements: they need a sum, or a weight for each."""
    A = torch.tensor([5.0, 6.0], requires_grad=True)
    (A * 5).sum().backward()
    return A.grad.tolist()


def under_a_loss_scale(scale):
    """A gradient in float16 as backward leaves it, and divided by the scale in float32."""
    A = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    loss = A * TINY**0.5 * TINY**0.5
    (loss * scale).backward()
    scaled = A.grad.float()
    return scaled.item(), (scaled / scale).item()


def main(steps=3):
    print("backward    A.grad     alias      copy")
    rows = accumulate(steps)
    for step, (grad, alias, copy) in enumerate(rows, start=1):
        print(f"{step:8d}{grad:10g}{alias:10g}{copy:10g}")

    print(f"\ntwo elements: {two_elements()}")

    print("\n   scale      scaled    unscaled")
    for scale in (1.0, 256.0, 1024.0):
        scaled, unscaled = under_a_loss_scale(scale)
        print(f"{scale:8g}{scaled:12.3g}{unscaled:12.2g}")
    return {"grad": rows[-1][0], "alias": rows[-1][1], "copy": rows[-1][2], "unscaled": unscaled}


if __name__ == "__main__":
    main()

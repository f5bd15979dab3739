"""Why `zero_grad` exists: one weight and one bias learn y = x, with the gradient cleared at the right time and not.

Runs unchanged on PyTorch and on JAX:
    python examples/why_zero_grad/stateful.py
    funcgrad run examples/why_zero_grad/stateful.py
"""

import torch
from torch import nn

SHOWN = (0, 10, 20, 50, 100)


def as_the_post_prints_it(loss, optimizer):
    loss.backward()
    optimizer.zero_grad()  # mistake of the post: the gradient is thrown away ...
    optimizer.step()  # ... before it is used, so nothing is ever learned


def zero_backward_step(loss, optimizer):
    optimizer.zero_grad()  # changes nothing in the first iteration, where .grad is still None
    loss.backward()
    optimizer.step()


def backward_step_zero(loss, optimizer):
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def grad_none_by_hand(loss, optimizer):
    for parameter in optimizer.param_groups[0]["params"]:
        parameter.grad = None  # all that zero_grad does; mistake of the post: it "initialises gradients to 0"
    loss.backward()
    optimizer.step()


def zero_grad_forgotten(loss, optimizer):
    loss.backward()  # .grad += the new gradient: the sum over all iterations, which acts as momentum 1.0
    optimizer.step()


def train(update, steps):
    """The weight before the first iteration and after each one."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    weights = [model.weight.item()]
    for _ in range(steps):
        x = torch.randn(1)
        loss = criterion(model(x), x)
        update(loss, optimizer)
        weights.append(model.weight.item())
    return weights


def gradients(clear):
    """The `.grad` of the weight and of the bias after each of three backwards; the fresh gradients are 2 and 1."""
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD([model.weight], lr=0.1)  # the bias is not the optimizer's
    pairs = []
    for _ in range(3):
        clear(model, optimizer)
        model(torch.tensor([2.0])).sum().backward()
        pairs.append((model.weight.grad.item(), model.bias.grad.item()))
    return pairs


def nothing(model, optimizer):
    pass


def manual_seed(model, optimizer):
    torch.manual_seed(0)  # mistake of the post: this seeds random numbers and clears nothing


def no_grad(model, optimizer):
    with torch.no_grad():  # mistake of the post: nothing is recorded inside, but .grad stays as it is
        model(torch.tensor([2.0]))


def optimizer_zero_grad(model, optimizer):
    optimizer.zero_grad()  # clears what the optimizer holds, here the weight


def a_gradient_set_by_hand(model, optimizer):
    model.weight.grad = torch.tensor([[7.0]])
    optimizer.zero_grad()  # mistake of the post: "not affected". It is cleared like any other


def model_zero_grad(model, optimizer):
    model.zero_grad()


UPDATES = (as_the_post_prints_it, zero_backward_step, backward_step_zero, grad_none_by_hand, zero_grad_forgotten)
CLEARS = (nothing, manual_seed, no_grad, optimizer_zero_grad, a_gradient_set_by_hand, model_zero_grad)


def main(steps=100):
    shown = [step for step in SHOWN if step <= steps]
    metrics = {}
    print(f"{'weight after iteration':24}" + "".join(f"{step:11d}" for step in shown))
    for update in UPDATES:
        weights = train(update, steps)
        metrics[update.__name__] = weights[-1]
        print(f"{update.__name__:24}" + "".join(f"{weights[step]:11.4g}" for step in shown))

    print(f"\n{'.grad after backward':24}" + "".join(f"{count:11d}" for count in (1, 2, 3)) + "   (weight, bias)")
    for clear in CLEARS:
        pairs = gradients(clear)
        metrics[clear.__name__] = pairs[-1][1]
        print(f"{clear.__name__:24}" + "".join(f"{f'{weight:g}, {bias:g}':>11}" for weight, bias in pairs))
    return metrics


if __name__ == "__main__":
    main()

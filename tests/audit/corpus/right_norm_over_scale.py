"""The norm of scaled gradients is divided by the scale, in a function of its own."""

import torch


def grad_norm(model):
    return torch.stack([p.grad.norm() for p in model.parameters()]).norm()


def train(steps):
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    norms = []
    for _ in range(steps):
        x = torch.randn(8, 3)
        optimizer.zero_grad()
        scaler.scale(torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))).backward()
        norms.append(grad_norm(model).item() / scaler.get_scale())
        assert torch.isfinite(model.weight.grad).all()
        scaler.step(optimizer)
        scaler.update()
    return norms


train(4)

"""A callback logs the norm of the gradients right before the step, when they are unscaled.

See https://github.com/wandb/wandb/issues/4301
"""

import torch


class NormLogger:
    def __init__(self):
        self.norms = []

    def on_before_optimizer_step(self, model):
        self.norms.append({name: p.grad.norm(2).item() for name, p in model.named_parameters()})


torch.manual_seed(0)
model, logger = torch.nn.Linear(3, 1), NormLogger()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu")
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    scaler.scale((model(x) - x.sum(1, keepdim=True)).pow(2).mean()).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    logger.on_before_optimizer_step(model)
    scaler.step(optimizer)
    scaler.update()

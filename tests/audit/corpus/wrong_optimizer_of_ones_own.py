"""An optimizer of one's own writes weight decay into .grad, and nobody clears."""

import torch


class Decaying(torch.optim.Optimizer):
    def __init__(self, params, lr, decay):
        super().__init__(params, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.grad.add_(p, alpha=group["decay"])
                p.add_(p.grad, alpha=-group["lr"])


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = Decaying(model.parameters(), lr=0.1, decay=0.01)
for _ in range(4):
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()  # FG001
    optimizer.step()

"""SAM as an optimizer of its own, around another one: two backward passes a step, none of them lost.

See https://github.com/davda54/sam/issues/10
"""

import torch


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base, rho=0.05, **kwargs):
        super().__init__(params, dict(rho=rho, **kwargs))
        self.base = base(self.param_groups, **kwargs)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self):
        norm = torch.stack([p.grad.norm() for g in self.param_groups for p in g["params"]]).norm()
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["old"] = p.data.clone()
                p.add_(p.grad * (group["rho"] / (norm + 1e-12)))
        self.zero_grad()

    @torch.no_grad()
    def step(self, closure=None):
        closure = torch.enable_grad()(closure)
        self.first_step()
        closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.data = self.state[p]["old"]
        self.base.step()


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = SAM(model.parameters(), torch.optim.SGD, lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)

    def closure():
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()  # noqa: B023
        loss.backward()
        return loss

    closure()
    optimizer.step(closure)
    optimizer.zero_grad()

"""There is no zero_grad: the optimizer's own step forgets the gradients that it has used.

See https://github.com/meta-pytorch/opacus/issues/194
"""

import torch


class PrivateSGD(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
            for p in group["params"]:
                p.grad += 0.01 * torch.randn_like(p)
        super().step(closure)
        self.zero_grad()


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = PrivateSGD(model.parameters(), lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()

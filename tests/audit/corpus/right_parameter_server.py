"""A server adds the gradients of its workers by hand, which needs zeros to add to.

See https://github.com/pytorch/examples/pull/1172
"""

import copy

import torch


class BatchUpdateParameterServer:
    def __init__(self, model, workers):
        self.model, self.workers, self.received = model, workers, 0
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        for p in model.parameters():
            p.grad = torch.zeros_like(p)

    def update(self, grads):
        for p, g in zip(self.model.parameters(), grads, strict=True):
            p.grad += g
        self.received += 1
        if self.received == self.workers:
            for p in self.model.parameters():
                p.grad /= self.workers
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=False)
            self.received = 0


torch.manual_seed(0)
server = BatchUpdateParameterServer(torch.nn.Linear(3, 1), workers=2)
for _ in range(6):
    worker = copy.deepcopy(server.model)
    x = torch.randn(8, 3)
    loss = (worker(x) - x.sum(1, keepdim=True)).pow(2).mean()
    server.update(torch.autograd.grad(loss, list(worker.parameters())))

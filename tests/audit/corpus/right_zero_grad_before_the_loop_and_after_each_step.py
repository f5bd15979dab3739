"""zero_grad before the loop, then behind each step of a window of two.

See https://github.com/openpifpaf/openpifpaf/issues/123
"""

import torch


class Trainer:
    def __init__(self, model, stride_apply=2):
        self.model, self.stride_apply = model, stride_apply
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

    def train_batch(self, x, apply_gradients):
        loss = (self.model(x) - x.sum(1, keepdim=True)).pow(2).mean() / self.stride_apply
        loss.backward()
        if apply_gradients:
            self.optimizer.step()
            self.optimizer.zero_grad()

    def train(self, batches):
        self.model.train()
        self.optimizer.zero_grad()
        for i, x in enumerate(batches):
            self.train_batch(x, (i + 1) % self.stride_apply == 0)


torch.manual_seed(0)
trainer = Trainer(torch.nn.Linear(3, 1))
for _ in range(2):
    trainer.train(torch.randn(4, 8, 3))

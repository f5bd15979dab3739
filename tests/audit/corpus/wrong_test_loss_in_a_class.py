"""A class computes the loss of the test set too, and calls backward without an optimizer.

See https://github.com/fengxinjie/Transformer-OCR/issues/7
"""

import torch


class LossCompute:
    def __init__(self, criterion, opt=None):
        self.criterion = criterion
        self.opt = opt

    def __call__(self, x, y):
        loss = self.criterion(x, y)
        loss.backward()  # FG004
        if self.opt is not None:
            self.opt.step()
            self.opt.zero_grad()
        return loss.item()


def run_epoch(model, compute):
    return sum(compute(model(x), x.sum(1, keepdim=True)) for x in torch.randn(2, 8, 3))


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.2), torch.nn.Linear(4, 1))
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(2):
    model.train()
    run_epoch(model, LossCompute(criterion, optimizer))
    model.eval()
    run_epoch(model, LossCompute(criterion))

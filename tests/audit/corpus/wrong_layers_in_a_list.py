"""Layers in a Python list are no parameters of the model.

See https://github.com/pytorch/pytorch/issues/715
"""

import torch


class Stack(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [torch.nn.Linear(3, 3) for _ in range(2)]
        self.head = torch.nn.Linear(3, 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.head(x)


torch.manual_seed(0)
model = Stack()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # FG012
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    optimizer.step()

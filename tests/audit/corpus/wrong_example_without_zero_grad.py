"""A first example: predict, loss, backward, step, print.

See https://github.com/IBM/aihwkit/issues/446
"""

import torch

torch.manual_seed(0)
x = torch.tensor([[0.1, 0.2, 0.4, 0.3], [0.2, 0.1, 0.1, 0.3]])
y = torch.tensor([[1.0, 0.5], [0.7, 0.3]])
model = torch.nn.Linear(4, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(10):
    pred = model(x)
    loss = torch.nn.functional.mse_loss(pred, y)
    loss.backward()  # FG001
    opt.step()
    print(f"Loss error: {loss}")

"""Cross entropy is a mean, and four of them are summed.

See https://github.com/openai/guided-diffusion/issues/111
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
optimizer.zero_grad()
for i in range(8):
    x, y = torch.randn(8, 3), torch.randint(0, 5, (8,))
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()  # FG006
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()

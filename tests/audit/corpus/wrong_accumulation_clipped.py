"""The losses of a window are summed, not divided, and their sum is clipped.

See https://github.com/karpathy/nanoGPT/issues/206
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 5)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
gradient_accumulation_steps = 4
for _ in range(3):
    for _ in range(gradient_accumulation_steps):
        x, y = torch.randn(8, 3), torch.randint(0, 5, (8,))
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()  # FG006
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)

"""Each loss of a window is divided by their number, not by how many there were so far.

See https://github.com/karpathy/nanoGPT/issues/605
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 5)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
gradient_accumulation_steps = 4
for _ in range(3):
    for _ in range(gradient_accumulation_steps):
        x, y = torch.randn(8, 3), torch.randint(0, 5, (8,))
        loss = torch.nn.functional.cross_entropy(model(x), y) / gradient_accumulation_steps
        loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)

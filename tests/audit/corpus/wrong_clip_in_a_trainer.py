"""A trainer scales the loss and clips before it unscales.

See https://github.com/pytorch/examples/issues/1196
"""

import torch


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        self.scaler = torch.amp.GradScaler("cpu")

    def run_batch(self, source, targets, train=True):
        with torch.set_grad_enabled(train), torch.autocast("cpu", dtype=torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(self.model(source), targets)
        if train:
            self.optimizer.zero_grad(set_to_none=True)
            self.scaler.scale(loss).backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)  # FG009
            self.scaler.step(self.optimizer)
            self.scaler.update()
        return loss.item()


torch.manual_seed(0)
trainer = Trainer(torch.nn.Linear(3, 4))
for i in range(6):
    trainer.run_batch(torch.randn(8, 3), torch.randint(0, 4, (8,)), train=i % 3 < 2)

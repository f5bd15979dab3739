"""A loop in functions, with validation under no_grad and a sum of numbers.

See https://github.com/salesforce/BiST/issues/2
"""

import torch


def train(model, optimizer, batches):
    model.train()
    total = 0.0
    for x, y in batches:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item() * len(x)
    return total


@torch.no_grad()
def evaluate(model, batches):
    model.eval()
    total = 0
    for x, y in batches:
        total += torch.nn.functional.mse_loss(model(x), y)
    return total


def main():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.1), torch.nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
    batches = [(x, x.sum(1, keepdim=True)) for x in torch.randn(3, 8, 3)]
    for _ in range(2):
        train(model, optimizer, batches)
        evaluate(model, batches)
        scheduler.step()


main()

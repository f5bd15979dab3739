"""The generator's loss reaches the critic, which nobody freezes: all gradients are reset before each loss.

See https://github.com/clovaai/stargan-v2/issues/16
"""

import torch

torch.manual_seed(0)
nets = torch.nn.ModuleDict({"generator": torch.nn.Linear(2, 3), "discriminator": torch.nn.Linear(3, 1)})
optims = {name: torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.0, 0.99)) for name, net in nets.items()}


def reset_grad():
    for optim in optims.values():
        optim.zero_grad()


def adv_loss(logits, target):
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


for _ in range(4):
    real, z = torch.randn(8, 3), torch.randn(8, 2)
    with torch.no_grad():
        fake = nets["generator"](z)
    loss = adv_loss(nets["discriminator"](real), 1.0) + adv_loss(nets["discriminator"](fake), 0.0)
    reset_grad()
    loss.backward()
    optims["discriminator"].step()
    loss = adv_loss(nets["discriminator"](nets["generator"](z)), 1.0)
    reset_grad()
    loss.backward()
    optims["generator"].step()

"""The schedulers of `torch.optim.lr_scheduler`; laws that are functions of the step: `funcgrad.optim.schedules`."""

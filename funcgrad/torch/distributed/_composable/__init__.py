"""torch.distributed._composable: functions that split a module over processes, under their name of old."""

"""The rules, one file each; their order is `converter.repair.RULES`."""

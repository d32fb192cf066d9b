"""A simulated province: a plan, a simple model of the rules, what really happens."""

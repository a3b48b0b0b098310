"""How a stack stands: live, in its config, in its state and on git's main; nothing is changed."""

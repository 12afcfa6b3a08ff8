"""The chat model: on this machine (local) or behind a server (remote), one protocol (model)."""

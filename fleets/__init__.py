"""What fills a slot: one folder for each kind of fleet; `fleets/registry.py` lists them."""
